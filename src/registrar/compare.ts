/** What has to be done so that the agent has what it should: compared with the agent, never with a memory. Pure. */
import { type CheckStatus, weightsFrom } from '../consul/agent-services.js';
import type { CheckEntry, ServiceEntry } from '../consul/answers.js';
import { isOfContainer, isOwn, lifeOf } from './own-mark.js';
import type { ToldStatus } from './wanted-checks.js';
import type { Wanted, WantedService } from './wanted-services.js';

/** What the agent has, of everybody. */
export interface AgentState {
  readonly services: readonly ServiceEntry[];
  readonly checks: readonly CheckEntry[];
}

export type Action =
  /** Also over one that differs: its checks keep their status. */
  | { readonly kind: 'register'; readonly service: WantedService }
  | { readonly kind: 'deregister'; readonly service: ServiceEntry; readonly why: string }
  /** One that an earlier registration of the same service had. */
  | { readonly kind: 'drop check'; readonly id: string; readonly service: string }
  | { readonly kind: 'tell'; readonly id: string; readonly service: string; readonly told: ToldStatus };

export interface Comparison {
  /** In the order in which they have to be done. */
  readonly actions: readonly Action[];
  /** Wanted services whose id somebody else's service has. They are left alone. */
  readonly taken: readonly WantedService[];
}

interface CompareOptions {
  readonly node: string;
  /** A check that was told long enough ago has to hear it again, before its time is over. */
  readonly isDue: (checkId: string) => boolean;
  /** The agent has it, and the servers have lost it: written again, the agent tells them. */
  readonly isLost: (serviceId: string) => boolean;
  /** The last status that is known of a check; undefined: none. */
  readonly seen: (checkId: string) => CheckStatus | undefined;
}

/** Done to the agent, the actions make it hold what is wanted; then the same comparison has nothing to do. */
export function compare(
  { services: wanted, undecided }: Pick<Wanted, 'services' | 'undecided'>,
  agent: AgentState,
  options: CompareOptions,
): Comparison {
  const { node, isDue, isLost, seen } = options;
  const ends: Action[] = [];
  const begins: Action[] = [];
  const tells: Action[] = [];
  const taken: WantedService[] = [];
  const wantedById = new Map(wanted.map((service) => [service.id, service]));
  const thereById = new Map(agent.services.map((service) => [service.id, service]));
  const checksById = new Map(agent.checks.map((check) => [check.id, check]));
  for (const service of agent.services) {
    if (!isOwn(service, node) || wantedById.has(service.id)) continue;
    if ([...undecided].some((id) => isOfContainer(service, id, node))) continue;
    ends.push({ kind: 'deregister', service, why: 'its container does not run' });
  }
  for (const service of wanted) {
    const there = thereById.get(service.id);
    if (there !== undefined && !isOwn(there, node)) {
      taken.push(service);
      continue;
    }
    // Its checks would keep the status of the life before.
    const isOtherLife = there !== undefined && lifeOf(there) !== service.life;
    if (isOtherLife) ends.push({ kind: 'deregister', service: there, why: 'its container started again' });
    const isThere = there !== undefined && !isOtherLife;
    const own = service.checks.flatMap(({ id }) => {
      const check = checksById.get(id);
      return check?.serviceId === service.id ? [check] : [];
    });
    const forgotten = own.filter((check) => isForgotten(check, seen(check.id)));
    // Registering alone would leave their status.
    for (const { id } of forgotten) begins.push({ kind: 'drop check', id, service: service.name });
    const isWhole = own.length === service.checks.length && forgotten.length === 0;
    const isKept = isThere && isWhole && !isLost(service.id) && isEqual(service, there);
    if (!isKept) begins.push({ kind: 'register', service });
    if (!isThere) continue;
    for (const check of agent.checks) {
      if (check.serviceId !== service.id || !isOwnCheck(check, service.id)) continue;
      const kept = service.checks.find(({ id }) => id === check.id);
      if (kept === undefined) begins.push({ kind: 'drop check', id: check.id, service: service.name });
      else if (kept.told !== null && (kept.told.status !== check.status || isDue(check.id))) {
        tells.push({ kind: 'tell', id: check.id, service: service.name, told: kept.told });
      }
    }
  }
  return { actions: [...ends, ...begins, ...tells], taken };
}

/**
 * What a check counts as before its first run on this agent. An agent that lost everything gets back what it had; a
 * container that has just started has to prove itself.
 * @param known its last status on this agent, or undefined
 */
export function firstStatusOf(
  check: WantedService['checks'][number],
  { known, runsForMs }: { readonly known: CheckStatus | undefined; readonly runsForMs: number },
): CheckStatus {
  if (check.told !== null) return check.told.status;
  return known ?? check.initial ?? (runsForMs >= PROVEN_AFTER_MS ? 'passing' : 'critical');
}

/** The agent makes its first check within an interval, which is far less. */
const PROVEN_AFTER_MS = 10_000;

/**
 * An agent that starts again knows its services and not what their checks said: they are critical until they run. One that
 * has run has an output.
 */
function isForgotten({ status, output }: CheckEntry, seen: CheckStatus | undefined): boolean {
  return status === 'critical' && output === '' && seen !== undefined && seen !== 'critical';
}

/** Not a maintenance, nor what somebody added. */
function isOwnCheck(check: CheckEntry, serviceId: string): boolean {
  return check.id.startsWith(`${serviceId}/`);
}

function isEqual(service: WantedService, there: ServiceEntry): boolean {
  const weights = weightsFrom(service.weight);
  return (
    service.name === there.name &&
    service.address === there.address &&
    service.port === there.port &&
    weights.passing === there.weights.passing &&
    weights.warning === there.weights.warning &&
    [...service.tags].sort().join('\0') === [...there.tags].sort().join('\0') &&
    service.meta.size === Object.keys(there.meta).length &&
    [...service.meta].every(([key, value]) => there.meta[key] === value)
  );
}
