/** Whether the nodes of a pod have room for what a plan reserves on them: for all its services together. Pure. */
import { nameOf, type PlacementPlan, type ServiceStep, type UpdateStep } from './plan.js';
import { bySize, type Holder, isNothing, PodRoom, type Resources } from './pod-room.js';
import { POD_LABEL, type Service } from './service.js';

/** A node, as far as it takes tasks. */
interface Ground {
  readonly id: string;
  /** Its host name. */
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly availability: string;
  readonly state: string;
  readonly resources: Resources;
}

/** A task that runs, or is to. */
interface PlacedTask extends Holder {
  readonly id: string;
  readonly serviceId: string;
}

export interface Capacity {
  readonly nodes: readonly Ground[];
  readonly tasks: readonly PlacedTask[];
}

const NANO_PER_MILLI = 1_000_000;

type Starting = Extract<ServiceStep, { readonly kind: 'create' | 'update' }>;

/** Whether Swarm puts tasks on the node. */
export function isOpen({ availability, state }: Pick<Ground, 'availability' | 'state'>): boolean {
  return availability === 'active' && state === 'ready';
}

/**
 * A task that fits no node waits in Swarm for ever, so the update that it belongs to ends neither well nor badly.
 * @returns one line for each service that has no room, with what to do
 */
export function roomProblems({ steps }: PlacementPlan, capacity: Capacity): readonly string[] {
  const starting = steps.filter((step): step is Starting => step.kind === 'create' || step.kind === 'update');
  const pods = new Set(starting.map(({ service }) => service.pod));
  const found = new Map([...pods].flatMap((pod) => [...podProblems(pod, starting, capacity)]));
  return starting.flatMap((step) => {
    const words = found.get(step);
    return words === undefined ? [] : [`${nameOf(step)}: ${words}`];
  });
}

/**
 * The engine of a node refuses containers whose limit of CPU is above what the node has, and Swarm would try there for ever.
 * @returns one line for each service whose limit is above the cores of a node of its pod
 */
export function limitProblems({ steps }: PlacementPlan, { nodes }: Pick<Capacity, 'nodes'>): readonly string[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'create' && step.kind !== 'update') return [];
    const { pod, limits } = step.service;
    const limit = (limits.milliCpus ?? 0) * NANO_PER_MILLI;
    const small = nodes
      .filter((node) => isOpen(node) && node.labels.get(POD_LABEL) === pod)
      .find(({ resources }) => resources.nanoCpus < limit);
    if (small === undefined) return [];
    const cores = `${small.name} has ${small.resources.nanoCpus / 1e9} cores, and takes no container with more`;
    return [
      `${nameOf(step)}: placement.limits.cpus is ${limit / 1e9}; ${cores}: write less, or take it out of the pod`,
    ];
  });
}

/** In the order of a rollout: new services all at once, then one update after another. What is removed goes last. */
function podProblems(
  pod: string,
  starting: readonly Starting[],
  { nodes, tasks }: Capacity,
): ReadonlyMap<Starting, string> {
  const problems = new Map<Starting, string>();
  const open = nodes.filter((node) => isOpen(node) && node.labels.get(POD_LABEL) === pod);
  // A pod without an open node is another matter.
  if (open.length === 0) return problems;
  const own = starting.filter(({ service }) => service.pod === pod);
  const creates = own
    .filter(({ kind }) => kind === 'create')
    .sort((one, other) => bySize(reservedBy(one.service), reservedBy(other.service)));
  const room = new PodRoom(open, tasks);
  const placed: string[] = [];
  for (const step of [...creates, ...own.filter(({ kind }) => kind === 'update')]) {
    const lack = lackIn(step, room, tasks);
    if (lack === null) {
      if (!isNothing(reservedBy(step.service)) && needsPlaces(step, tasks)) placed.push(nameOf(step));
      continue;
    }
    const alone = lackIn(step, new PodRoom(open, tasks), tasks);
    problems.set(step, alone === null ? wordsOf(lack, step, placed) : wordsOf(alone, step, []));
  }
  return problems;
}

/** `places`: so few tasks of it find one; `beside`: all do, and none more, which start-first needs for a moment. */
type Lack = { readonly kind: 'places'; readonly places: number } | { readonly kind: 'beside' };
const BESIDE: Lack = { kind: 'beside' };

function placesLack(places: number): Lack {
  return { kind: 'places', places };
}

/** Takes the places of the step, where there are enough. */
function lackIn(step: Starting, room: PodRoom, tasks: readonly PlacedTask[]): Lack | null {
  const { replicas, update } = step.service;
  const each = reservedBy(step.service);
  const there = step.kind === 'create' ? [] : tasks.filter(({ serviceId }) => serviceId === step.found.id);
  const isReplaced = ({ id }: PlacedTask): boolean => step.kind === 'update' && step.replaced.includes(id);
  const [going, staying] = [there.filter(isReplaced), there.filter((task) => !isReplaced(task))];
  const isFull = going.length > 0 && update.order === 'start-first' && room.places(each) === 0;
  const wanted = needsPlaces(step, tasks) ? Math.max(0, replicas - staying.length) : 0;
  room.release(going);
  const free = room.places(each);
  const lack = free < wanted ? placesLack(staying.length + free) : isFull ? BESIDE : null;
  if (lack === null) {
    room.take(each, wanted);
    room.release(staying.slice(replicas));
  } else room.hold(going);
  return lack;
}

/** An update of what touches no task asks for no place. */
function needsPlaces(step: Starting, tasks: readonly PlacedTask[]): boolean {
  if (step.kind === 'create') return true;
  const { found, replaced, service }: UpdateStep = step;
  return replaced.length > 0 || service.replicas > tasks.filter(({ serviceId }) => serviceId === found.id).length;
}

/** @param others services of the same plan that take the room */
function wordsOf(lack: Lack, { service }: Starting, others: readonly string[]): string {
  const { pod, replicas } = service;
  const each = textOf(reservedBy(service));
  const beside = others.length === 0 ? '' : ` beside ${others.join(', ')} of this plan`;
  if (lack.kind === 'beside') {
    const advice = 'write placement.update.order: stop-first, reserve less, or add a node';
    return `start-first needs room for one task more (${each}), and the pod ${pod} is full${beside}; ${advice}`;
  }
  const advice = 'ask for less in num_instances or placement.reservations, or add a node';
  return `${replicas} × ${each} reserved, and the pod ${pod} has room for ${lack.places}${beside}; ${advice}`;
}

function reservedBy({ reservations: { milliCpus, memoryBytes } }: Service): Resources {
  return { nanoCpus: (milliCpus ?? 0) * NANO_PER_MILLI, memoryBytes: memoryBytes ?? 0 };
}

/** `0.5 cores and 256 MiB`. */
function textOf({ nanoCpus, memoryBytes }: Resources): string {
  const parts = [
    ...(nanoCpus === 0 ? [] : [`${nanoCpus / 1e9} cores`]),
    ...(memoryBytes === 0 ? [] : [`${Math.round(memoryBytes / 1_048_576)} MiB`]),
  ];
  return parts.join(' and ');
}
