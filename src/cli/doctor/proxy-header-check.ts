import type { AppStatus } from '../../admin/state-document.js';
import { isEveryAddress } from '../../core/networks.js';
import type { DoctorFacts } from './facts.js';
import { bad, type DoctorCheck, type Finding, ok, unknown, warn } from './finding.js';
import { reachHealthPort } from './reach.js';

/** A health port serves balancers that send a PROXY header and such that do not. More apps are as good as the first. */
const MAX_PROBED = 20;

/** A PROXY header that is missing, doubled or not expected: by what clients did, and by asking the health ports. */
export const proxyHeaderCheck: DoctorCheck = {
  name: 'proxy-header',
  look: async (facts) => {
    const { state } = facts;
    if (state === null) return [unknown('no node told its state: whether balancers send PROXY headers cannot be seen')];
    const counted = state.apps.flatMap((app) => countedFaults(app, facts));
    const asked = await Promise.all(state.apps.slice(0, MAX_PROBED).map((app) => askBothWays(app, facts)));
    const findings = [...counted, ...asked.flat()];
    return findings.length > 0
      ? findings
      : [
          ok(
            `${state.apps.length} slots: no client began in the wrong way, and health ports answer with a PROXY header and without`,
          ),
        ];
  },
};

function countedFaults({ name, slot, errors }: AppStatus, { apps, config }: DoctorFacts): readonly Finding[] {
  const demands = apps.find((app) => app.name === name)?.acceptProxy ?? config.acceptProxy;
  const counts = new Map(Object.entries(errors));
  const unexpected = counts.get('PROXY_HEADER_UNEXPECTED') ?? 0;
  const refused = counts.get('PROXY_HEADER_REFUSED') ?? 0;
  const findings: Finding[] = [];
  if (unexpected > 0 && demands)
    findings.push(
      bad(
        `${unexpected} connections to slot ${slot} of ${name} had two PROXY headers`,
        'let only one balancer of the way send it',
      ),
    );
  else if (unexpected > 0)
    findings.push(
      bad(
        `${unexpected} connections to slot ${slot} of ${name} began with a PROXY header that it does not expect`,
        `set accept_proxy: true for ${name} (or --accept-proxy), or switch the PROXY protocol off at the balancer`,
      ),
    );
  if (refused > 0)
    findings.push(
      warn(
        `${refused} connections to slot ${slot} of ${name} had no PROXY header, or one of a sender that is not trusted`,
        'switch the PROXY protocol on at the balancer, set accept_proxy: false, or name the sender in trusted_proxies; the log names peers',
      ),
    );
  return findings;
}

async function askBothWays({ name, slot, bound }: AppStatus, { config }: DoctorFacts): Promise<readonly Finding[]> {
  if (!bound) return [];
  const host = isEveryAddress(config.bind) ? '127.0.0.1' : config.bind;
  const [plain, headed] = await Promise.all([reachHealthPort(host, slot + 1), reachHealthPort(host, slot + 1, 'v2')]);
  if (plain.answers && headed.answers) return [];
  const [way, { detail }] = plain.answers ? ['with', headed] : ['without', plain];
  const todo = 'a firewall or an overloaded node keeps checks out; balancers take the node for dead';
  return [bad(`health port ${slot + 1} of ${name} gives no answer ${way} a PROXY header: ${detail}`, todo)];
}
