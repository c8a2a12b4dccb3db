/** From the services that are wanted and those that are there to what has to be done. Pure. */
import { engineSpec, templateOf } from './engine-spec.js';
import { SERVICE_LABELS, type Service } from './service.js';
import { type FieldChange, isSameTemplate, specDifferences } from './spec-differences.js';

/** A service of the manager. */
export interface FoundService {
  readonly id: string;
  /** An update names it, so that two writers do not overwrite each other. */
  readonly version: number;
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Whole; networks by name. */
  readonly spec: object;
}

/** A task that runs, or is to. */
interface FoundTask {
  readonly id: string;
  readonly serviceId: string;
  readonly nodeId: string;
  /** The part TaskTemplate of its service's spec, as it was when the task was made. */
  readonly template: object;
}

export type ServiceStep =
  | { readonly kind: 'create'; readonly service: Service }
  | {
      readonly kind: 'update';
      readonly service: Service;
      readonly found: FoundService;
      readonly fields: readonly FieldChange[];
      /** Ids of the tasks that are replaced. */
      readonly replaced: readonly string[];
      /** It goes on with an update that is half done: what Swarm can roll back to is then the new version itself. */
      readonly isResumed: boolean;
    }
  | { readonly kind: 'remove'; readonly found: FoundService; readonly ended: readonly string[] }
  | { readonly kind: 'keep'; readonly service: Service };

export type UpdateStep = Extract<ServiceStep, { readonly kind: 'update' }>;

export interface Found {
  readonly services: readonly FoundService[];
  readonly tasks: readonly FoundTask[];
  /** Id of a node → the pod that its label names. */
  readonly pods: ReadonlyMap<string, string>;
}

export interface PlacementPlan {
  /** In the order of the names. */
  readonly steps: readonly ServiceStep[];
  /** Why nothing of it may be done. */
  readonly refusals: readonly string[];
}

/**
 * @param wanted of the apps that are looked at
 * @param isLookedAt whether an app is part of this plan; services of others stay
 */
export function planPlacement(
  wanted: readonly Service[],
  found: Found,
  isLookedAt: (app: string) => boolean,
): PlacementPlan {
  const byName = new Map(found.services.map((service) => [service.name, service]));
  const steps: ServiceStep[] = [];
  const refusals = refusalsOfEqualNames(wanted);
  for (const service of wanted) {
    const there = byName.get(service.name);
    if (there === undefined) steps.push({ kind: 'create', service });
    else if (!isOwn(there, service)) refusals.push(foreignWords(service, there));
    else if (!isReplicated(there)) refusals.push(modeWords(service, there));
    else steps.push(stepBetween(service, there, found));
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const there of found.services) {
    if (!isManaged(there) || names.has(there.name)) continue;
    if (!isLookedAt(ownerOf(there))) continue;
    steps.push({ kind: 'remove', found: there, ended: tasksOf(there, found).map(({ id }) => id) });
  }
  return { steps: steps.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)), refusals };
}

export function nameOf(step: ServiceStep): string {
  return step.kind === 'remove' ? step.found.name : step.service.name;
}

export function appOf(step: ServiceStep): string {
  return step.kind === 'remove' ? ownerOf(step.found) : step.service.app;
}

/** @returns the app whose service it is, as its label says; empty: it says none */
export function ownerOf({ labels }: Pick<FoundService, 'labels'>): string {
  return labels.get(SERVICE_LABELS.app) ?? '';
}

/** One without the name of its app is not ours: somebody else's tool may use the same label. */
export function isManaged(service: Pick<FoundService, 'labels'>): boolean {
  return service.labels.get(SERVICE_LABELS.managed) === 'true' && ownerOf(service) !== '';
}

function isOwn(there: FoundService, { app, pod }: Service): boolean {
  return isManaged(there) && ownerOf(there) === app && there.labels.get(SERVICE_LABELS.pod) === pod;
}

function stepBetween(service: Service, there: FoundService, found: Found): ServiceStep {
  const spec = engineSpec(service);
  const fields = specDifferences(spec, there.spec);
  if (fields.length === 0) return { kind: 'keep', service };
  const isEach = fields.some(({ cost }) => cost === 'replace');
  const isMove = fields.some(({ cost }) => cost === 'move');
  const own = tasksOf(there, found);
  // Half an update: some tasks are of another version than their service. Those that are of the wanted one stay.
  const wanted = templateOf(spec);
  const others = own.filter(({ template }) => !isSameTemplate(wanted, template));
  const moved = own.filter(({ nodeId }) => isMove && found.pods.get(nodeId) !== service.pod);
  const replaced = own.filter((task) => others.includes(task) || moved.includes(task)).map(({ id }) => id);
  return { kind: 'update', service, found: there, fields, replaced, isResumed: !isEach && others.length > 0 };
}

function tasksOf({ id }: FoundService, { tasks }: Found): readonly FoundTask[] {
  return tasks.filter(({ serviceId }) => serviceId === id);
}

/** `a-b` in the pod `c` and `a` in `b-c` would be one service. */
function refusalsOfEqualNames(wanted: readonly Service[]): string[] {
  const first = new Map<string, Service>();
  const refusals: string[] = [];
  for (const service of wanted) {
    const other = first.get(service.name);
    if (other === undefined) first.set(service.name, service);
    else
      refusals.push(
        `${other.app} in the pod ${other.pod} and ${service.app} in ${service.pod} would both be the service ` +
          `${service.name}; rename an app or a pod`,
      );
  }
  return refusals;
}

function isReplicated({ spec }: FoundService): boolean {
  return (spec as { readonly Mode?: { readonly Replicated?: object } }).Mode?.Replicated !== undefined;
}

function modeWords({ name, app }: Service, { spec }: FoundService): string {
  const [mode = 'another one'] = Object.keys((spec as { readonly Mode?: object }).Mode ?? {});
  return `the service ${name} has the mode ${mode}, and Docker changes no mode; docker service rm ${name}, then autoproxy apply ${app}`;
}

function foreignWords({ name, app, pod }: Service, there: FoundService): string {
  if (!isManaged(there))
    return (
      `the service ${name} is there, and its labels do not say that it is autoproxy's; if it is, docker service update ` +
      `${labelsMissing({ app, pod }, there)} ${name} says so and replaces no task; else rename the app ${app}`
    );
  const otherPod = there.labels.get(SERVICE_LABELS.pod);
  return `the service ${name} belongs to ${ownerOf(there)} in the pod ${otherPod}, not to ${app} in ${pod}; rename an app or a pod`;
}

function labelsMissing({ app, pod }: Pick<Service, 'app' | 'pod'>, { labels }: FoundService): string {
  const wanted = [
    [SERVICE_LABELS.managed, 'true'],
    [SERVICE_LABELS.app, app],
    [SERVICE_LABELS.pod, pod],
  ] as const;
  const missing = wanted.filter(([name, value]) => labels.get(name) !== value);
  return missing.map(([name, value]) => `--label-add ${name}=${value}`).join(' ');
}
