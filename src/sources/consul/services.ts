/** Which services of this node are instances of an app, and what their checks make of them. */
import type { CheckEntry, ServiceEntry } from '../../consul/answers.js';
import { isMaintenance } from '../../consul/checks.js';
import { MAX_WEIGHT, type UnreadWord } from '../../documents/instance-words.js';
import { parseInstanceAddress } from '../../model/address.js';
import { type AdminState, APP_DEFAULTS, type Instance, NO_CONTAINER } from '../../model/app.js';
import { escapeText, type Problem } from '../../model/problem.js';
import { addressTextOf, type NodeCatalogue } from './catalogue.js';
import { type ServiceWords, wordsFromService } from './words.js';

/** A service under the name of an app, and what is made of it. */
interface JudgedService {
  readonly service: ServiceEntry;
  /** `ip:port` as registered, or of the node. */
  readonly address: string;
  /** Its own, and those of the node. */
  readonly checks: readonly CheckEntry[];
  readonly verdict: Verdict;
  /** Words that cannot be read. */
  readonly unread: readonly UnreadWord[];
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
  return (catalogue.servicesByName.get(app.toLowerCase()) ?? []).map((service) => {
    const address = addressTextOf(service, catalogue.address);
    const checks = [...(catalogue.checksByService.get(service.id.toLowerCase()) ?? []), ...ofNode];
    const words = catalogue.wordsByService.get(service.id) ?? wordsFromService(service, null);
    return { service, address, checks, verdict: verdictOf(service, address, checks, words), unread: words.unread };
  });
}

function verdictOf(
  service: ServiceEntry,
  address: string,
  checks: readonly CheckEntry[],
  { weight, state }: ServiceWords,
): Verdict {
  const place = parseInstanceAddress(address);
  if (!('id' in place)) {
    const why = `${escapeText(address)} is not an address of an instance: ${place.message}`;
    return { kind: 'broken', why, hint: 'register it with an IP address and a port' };
  }
  const critical = checks.filter((check) => check.status === 'critical' && !isMaintenance(check));
  const [shown] = [...critical.filter(hasRun), ...critical];
  if (shown !== undefined) {
    return { kind: 'out', why: `check ${escapeText(shown.id)} is critical`, isMeasured: hasRun(shown) };
  }
  const isWarning = checks.some(({ status }) => status === 'warning');
  return {
    kind: 'instance',
    state: state === 'ready' && checks.some(isMaintenance) ? 'drain' : state,
    weight: weight ?? (isWarning ? service.weights.warning : service.weights.passing),
    isExplicit: weight !== null,
  };
}

/** What has run has something to say, if only which status it got. */
function hasRun({ output }: CheckEntry): boolean {
  return output !== '';
}

interface AppInstances {
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
  const warnOf = (service: ServiceEntry, message: string, hint: string): void => {
    const file = `service ${escapeText(service.id)} on node ${catalogue.node}`;
    problems.push({ severity: 'warning', app, file, line: null, col: null, message: `${app}: ${message}`, hint });
  };
  const [first] = judged;
  const other = judged.find(({ service }) => service.name !== first?.service.name);
  if (first !== undefined && other !== undefined) {
    const names = `"${escapeText(first.service.name)}" and "${escapeText(other.service.name)}"`;
    const message = `the services ${names} differ only in letter case; Consul takes them for one, and both give instances`;
    warnOf(other.service, message, `register all of them as ${app}`);
  }
  for (const { service, address, verdict, unread } of judged) {
    const warn = (message: string, hint: string): void => warnOf(service, message, hint);
    for (const { message, hint } of unread) warn(message, hint);
    const place = parseInstanceAddress(address);
    if (verdict.kind === 'broken' || !('id' in place)) {
      if (verdict.kind === 'broken') warn(`${verdict.why}; it is not an instance`, verdict.hint);
      continue;
    }
    if (verdict.kind === 'out') {
      if (verdict.isMeasured) withdrawn.push(place.id);
      continue;
    }
    const { id, host, port } = place;
    if (instances.has(id)) {
      warn(`${id} is registered twice; the first is used`, 'deregister one of the two');
      continue;
    }
    const weight = verdict.isExplicit ? verdict.weight : scaledWeight(verdict.weight, scale);
    instances.set(id, { id, ...NO_CONTAINER, host, port, weight, state: verdict.state });
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
