import { parseInstanceAddress } from '../../model/address.js';
import type { DoctorApp } from './facts.js';
import { bad, type DoctorCheck, type Finding, ok, unknown } from './finding.js';
import { reachTcp } from './reach.js';

/** A node with hundreds of dead instances has one trouble. */
const MAX_LOOKED_AT = 20;
/** Where programs listen that were given another port than they think. */
const USUAL_PORTS = [80, 3_000, 5_000, 8_000, 8_080, 8_081, 8_443, 9_000];

/** Instances that do not answer, and whether they answer at another port. */
export const instancesCheck: DoctorCheck = {
  name: 'instances',
  look: async ({ apps }) => {
    const all = apps.flatMap((app) => app.instances.map((instance) => ({ app, ...instance })));
    if (all.length === 0) return [unknown('no app has an instance that could be asked')];
    const doubted = all.filter(({ health }) => health !== 'up').slice(0, MAX_LOOKED_AT);
    const findings = await Promise.all(doubted.map(({ app, id, health }) => askInstance(app, id, health)));
    const wrong = findings.flat();
    return wrong.length > 0 ? wrong : [ok(`${all.length} instances answer at their ports`)];
  },
};

async function askInstance(app: DoctorApp, id: string, health: string | null): Promise<readonly Finding[]> {
  const place = parseInstanceAddress(id);
  if (!('host' in place)) return [];
  const { host, port } = place;
  const own = await reachTcp(host, port);
  if (own.answers) {
    if (health !== 'down') return [];
    return [
      bad(
        `${id} of ${app.name} accepts connections and fails its check`,
        `see what the check says: autoproxy why ${app.name}`,
      ),
    ];
  }
  const others = [...new Set([...(app.nativePort === null ? [] : [app.nativePort]), ...USUAL_PORTS])];
  const tried = await Promise.all(
    others.filter((other) => other !== port).map(async (other) => ({ other, ...(await reachTcp(host, other)) })),
  );
  const open = tried.filter(({ answers }) => answers).map(({ other }) => other);
  if (open.length === 0)
    return [
      bad(
        `${id} of ${app.name} does not answer: ${own.detail}`,
        'is it running, and does it listen on that address, not on 127.0.0.1 alone?',
      ),
    ];
  return [
    bad(
      `${id} of ${app.name} does not answer (${own.detail}); ${host} answers at port ${open.join(', ')}`,
      `correct the port of the instance (native_port, the label autoproxy.port, or instances) or that of the program`,
    ),
  ];
}
