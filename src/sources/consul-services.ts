/** Which services of this node are instances of an app, and what their checks make of them. */
import type { CheckEntry, NodeServices, ServiceEntry } from '../consul/answers.js';
import { parseInstanceAddress } from '../model/address.js';
import { ADMIN_STATES, type AdminState, APP_DEFAULTS, type Instance } from '../model/app.js';
import { escapeText, type Problem } from '../model/problem.js';

const MAX_WEIGHT = 256;
const SERVICE_MAINTENANCE = '_service_maintenance:';
const NODE_MAINTENANCE = '_node_maintenance';
/** Whether the agent of this node is alive says nothing about the instances: this node asks them itself. */
const AGENT_CHECK = 'serfHealth';

/** What the catalogue holds about one node, read together; it is asked once for each app. */
export interface NodeCatalogue {
  /** Name of the node. */
  readonly node: string;
  /** Address of the node; empty when the catalogue has no such node. */
  readonly address: string;
  readonly servicesByName: ReadonlyMap<string, readonly ServiceEntry[]>;
  /** By the id of their service; under the empty id those of the node. */
  readonly checksByService: ReadonlyMap<string, readonly CheckEntry[]>;
}

/** @param services null: the catalogue has no such node */
export function nodeCatalogue(
  node: string,
  services: NodeServices | null,
  checks: readonly CheckEntry[],
): NodeCatalogue {
  return {
    node,
    address: services?.address ?? '',
    servicesByName: groupedBy(services?.services ?? [], ({ name }) => name),
    checksByService: groupedBy(
      checks.filter(({ id, serviceId }) => serviceId !== '' || id !== AGENT_CHECK),
      ({ serviceId }) => serviceId,
    ),
  };
}

function groupedBy<T>(entries: readonly T[], keyOf: (entry: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const group = groups.get(keyOf(entry));
    if (group === undefined) groups.set(keyOf(entry), [entry]);
    else group.push(entry);
  }
  return groups;
}

/** A service under the name of an app, and what is made of it. */
export interface JudgedService {
  readonly service: ServiceEntry;
  /** `ip:port` as registered, or of the node. */
  readonly address: string;
  /** Its own, and those of the node. */
  readonly checks: readonly CheckEntry[];
  readonly verdict: Verdict;
}

export type Verdict =
  /** `isExplicit`: the weight is on our scale; else it is one of Consul's, to be seen against the others. */
  | { readonly kind: 'instance'; readonly state: AdminState; readonly weight: number; readonly isExplicit: boolean }
  /**
   * `isMeasured`: a check said so. An agent that has just started calls critical what it has not checked yet: nobody
   * meant that, so a source in doubt does not take it for an intention.
   */
  | { readonly kind: 'out'; readonly why: string; readonly isMeasured: boolean }
  | { readonly kind: 'broken'; readonly why: string; readonly hint: string };

/** Maintenance is drain, critical is out, warning stays with the weight that it has for that case. */
export function judgeServices(catalogue: NodeCatalogue, app: string): readonly JudgedService[] {
  const ofNode = catalogue.checksByService.get('') ?? [];
  return (catalogue.servicesByName.get(app) ?? []).map((service) => {
    const host = service.address === '' ? catalogue.address : service.address;
    const address = `${host.includes(':') ? `[${host}]` : host}:${service.port}`;
    const checks = [...(catalogue.checksByService.get(service.id) ?? []), ...ofNode];
    return { service, address, checks, verdict: verdictOf(service, address, checks) };
  });
}

function verdictOf(service: ServiceEntry, address: string, checks: readonly CheckEntry[]): Verdict {
  const broken = (why: string, hint: string): Verdict => ({ kind: 'broken', why, hint });
  if (!('id' in parseInstanceAddress(address))) {
    return broken(`${escapeText(address)} is no address of an instance`, 'register it with an IP address and a port');
  }
  const critical = checks.filter((check) => check.status === 'critical' && !isMaintenance(check));
  const [shown] = [...critical.filter(hasRun), ...critical];
  if (shown !== undefined) {
    return { kind: 'out', why: `check ${escapeText(shown.id)} is critical`, isMeasured: hasRun(shown) };
  }
  const weight = wordOf(service, 'weight');
  if (weight !== null && !(/^\d{1,3}$/.test(weight) && Number(weight) <= MAX_WEIGHT)) {
    return broken(`its weight "${escapeText(weight)}" is no number from 0 to 256`, 'write such a number');
  }
  const written = wordOf(service, 'state') ?? 'ready';
  const state = ADMIN_STATES.find((word) => word === written);
  if (state === undefined) return broken(`its state "${escapeText(written)}" is not known`, ADMIN_STATES.join(', '));
  const isWarning = checks.some(({ status }) => status === 'warning');
  return {
    kind: 'instance',
    state: state === 'ready' && checks.some(isMaintenance) ? 'drain' : state,
    weight: weight === null ? (isWarning ? service.weights.warning : service.weights.passing) : Number(weight),
    isExplicit: weight !== null,
  };
}

/** What has run has something to say, if only which status it got. */
function hasRun({ output }: CheckEntry): boolean {
  return output !== '';
}

/** An operator's word, not a measurement. */
function isMaintenance({ id }: CheckEntry): boolean {
  return id === NODE_MAINTENANCE || id.startsWith(SERVICE_MAINTENANCE);
}

/** `autoproxy-weight` in the meta, or a tag `autoproxy.weight=50`; the same for `state`. */
function wordOf({ meta, tags }: ServiceEntry, word: 'weight' | 'state'): string | null {
  const start = `autoproxy.${word}=`;
  return meta[`autoproxy-${word}`] ?? tags.find((tag) => tag.startsWith(start))?.slice(start.length) ?? null;
}

export interface AppInstances {
  /** Sorted by id. */
  readonly instances: readonly Instance[];
  /** Ids of those that are registered and were taken out. */
  readonly withdrawn: readonly string[];
  readonly problems: readonly Problem[];
}

/** What an app has on this node. */
export function instancesFrom(catalogue: NodeCatalogue, app: string): AppInstances {
  const judged = judgeServices(catalogue, app);
  const problems: Problem[] = [];
  const withdrawn: string[] = [];
  const instances = new Map<string, Instance>();
  const scale = weightScale(judged);
  for (const { service, address, verdict } of judged) {
    const warn = (message: string, hint: string): void => {
      const file = `service ${escapeText(service.id)} on node ${catalogue.node}`;
      problems.push({ severity: 'warning', app, file, line: null, col: null, message: `${app}: ${message}`, hint });
    };
    if (verdict.kind === 'broken') warn(`${verdict.why}; it is no instance`, verdict.hint);
    const place = parseInstanceAddress(address);
    if (!('id' in place)) continue;
    if (verdict.kind !== 'instance') {
      if (verdict.kind === 'broken' || verdict.isMeasured) withdrawn.push(place.id);
      continue;
    }
    const { id, host, port } = place;
    if (instances.has(id)) {
      warn(`${id} is registered twice; the first is used`, 'deregister one of the two');
      continue;
    }
    const weight = verdict.isExplicit ? verdict.weight : scaledWeight(verdict.weight, scale);
    instances.set(id, { id, host, port, weight, state: verdict.state });
  }
  return { instances: [...instances.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), withdrawn, problems };
}

/**
 * Consul's weights go from 1 to 65535, and only their relation means something: 1 becomes our default, unless the
 * heaviest instance of the app would not fit then.
 */
function weightScale(judged: readonly JudgedService[]): number {
  const weights = judged.flatMap(({ verdict }) =>
    verdict.kind === 'instance' && !verdict.isExplicit ? [verdict.weight] : [],
  );
  return Math.min(APP_DEFAULTS.weight, MAX_WEIGHT / Math.max(1, ...weights));
}

function scaledWeight(weight: number, scale: number): number {
  // What has any weight keeps some.
  return weight <= 0 ? 0 : Math.max(1, Math.round(weight * scale));
}
