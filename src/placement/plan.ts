/** From the services that are wanted and those that are there to what has to be done. Pure. */
import { engineSpec } from './engine-spec.js';
import { SERVICE_LABELS, type Service } from './service.js';
import { type FieldChange, specDifferences } from './spec-differences.js';

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
    }
  | { readonly kind: 'remove'; readonly found: FoundService; readonly ended: readonly string[] }
  | { readonly kind: 'keep'; readonly service: Service };

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
    else if (isOwn(there, service)) steps.push(stepBetween(service, there, found));
    else refusals.push(foreignWords(service, there));
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const there of found.services) {
    if (!isManaged(there) || names.has(there.name)) continue;
    if (!isLookedAt(there.labels.get(SERVICE_LABELS.app) ?? '')) continue;
    steps.push({ kind: 'remove', found: there, ended: tasksOf(there, found).map(({ id }) => id) });
  }
  return { steps: steps.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)), refusals };
}

export function nameOf(step: ServiceStep): string {
  return step.kind === 'remove' ? step.found.name : step.service.name;
}

export function isManaged({ labels }: FoundService): boolean {
  return labels.get(SERVICE_LABELS.managed) === 'true';
}

function isOwn(there: FoundService, { app, pod }: Service): boolean {
  const { labels } = there;
  return isManaged(there) && labels.get(SERVICE_LABELS.app) === app && labels.get(SERVICE_LABELS.pod) === pod;
}

function stepBetween(service: Service, there: FoundService, found: Found): ServiceStep {
  const fields = specDifferences(engineSpec(service), there.spec);
  if (fields.length === 0) return { kind: 'keep', service };
  const isEach = fields.some(({ cost }) => cost === 'replace');
  const isMove = fields.some(({ cost }) => cost === 'move');
  const replaced = tasksOf(there, found)
    .filter(({ nodeId }) => isEach || (isMove && found.pods.get(nodeId) !== service.pod))
    .map(({ id }) => id);
  return { kind: 'update', service, found: there, fields, replaced };
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

function foreignWords({ name, app, pod }: Service, there: FoundService): string {
  if (!isManaged(there))
    return `the service ${name} is there and autoproxy did not make it; remove or rename it, or rename the app ${app}`;
  const [otherApp, otherPod] = [there.labels.get(SERVICE_LABELS.app), there.labels.get(SERVICE_LABELS.pod)];
  return `the service ${name} belongs to ${otherApp} in the pod ${otherPod}, not to ${app} in ${pod}; rename an app or a pod`;
}
