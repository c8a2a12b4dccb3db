import type { DoctorApp, DoctorFacts } from './facts.js';
import { bad, type DoctorCheck, type Finding, ok, unknown, warn } from './finding.js';
import { reachHealthPort, reachTcp } from './reach.js';

/** A neighbor that serves so many serves the rest. */
const MAX_APPS = 10;

/** Whether each neighbor is reached where the bleed goes: at the slots, and at the health ports that decide on it. */
export const neighborsCheck: DoctorCheck = {
  name: 'neighbors',
  look: async (facts) => {
    const addresses = addressesOf(facts);
    if (addresses.length === 0) {
      const text =
        'this node knows no neighbor: without an instance its clients get 503, or of tcp a closed connection';
      return [
        unknown(text, 'name the other nodes of the pod: --neighbors, --backups, backups.txt or --consul with --pod'),
      ];
    }
    const apps = facts.apps.slice(0, MAX_APPS);
    if (apps.length === 0) return [unknown('this node has no app to ask its neighbors for')];
    const findings = await Promise.all(addresses.map((address) => askNeighbor(address, apps)));
    return findings.flat();
  },
};

function addressesOf({ state, config }: DoctorFacts): readonly string[] {
  return state === null ? config.neighbors : state.neighbors.map(({ address }) => address);
}

async function askNeighbor(address: string, apps: readonly DoctorApp[]): Promise<readonly Finding[]> {
  const answers = await Promise.all(
    apps.map(async ({ name, slot }) => {
      const [traffic, health] = await Promise.all([reachTcp(address, slot), reachHealthPort(address, slot + 1)]);
      return { name, slot, traffic, health };
    }),
  );
  const served = answers.filter(({ traffic, health }) => traffic.answers && health.answers);
  if (served.length === answers.length)
    return [ok(`neighbor ${address} answers at ${answers.length} slots and their health ports`)];
  if (answers.every(({ traffic, health }) => !traffic.answers && !health.answers)) {
    const detail = answers[0]?.health.detail ?? 'no answer';
    return [
      bad(
        `neighbor ${address} answers at no slot: ${detail}`,
        'is its node running, and do firewalls let slots and slots + 1 through?',
      ),
    ];
  }
  return answers
    .filter((one) => !served.includes(one))
    .map(({ name, slot, traffic, health }) => {
      if (!traffic.answers && !health.answers)
        return warn(
          `neighbor ${address} does not serve ${name} (slot ${slot}: ${traffic.detail})`,
          'does its node have this app?',
        );
      const [open, shut, detail] = traffic.answers ? [slot, slot + 1, health.detail] : [slot + 1, slot, traffic.detail];
      return bad(
        `neighbor ${address} answers for ${name} at ${open} and not at ${shut}: ${detail}`,
        `let both ports through the firewall: ${slot} carries the traffic, ${slot + 1} the checks`,
      );
    });
}
