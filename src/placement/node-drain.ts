/** What it takes that a node of the Swarm loses its tasks and no request is lost, and what stands against it. Pure. */
import { isOpen } from './capacity.js';
import { isPaused } from './pause.js';
import { isManaged } from './plan.js';
import { bySize, PodRoom, type Resources } from './pod-room.js';
import { POD_LABEL } from './service.js';
import type { SwarmView } from './swarm.js';

type Node = SwarmView['nodes'][number];
type Service = SwarmView['services'][number];
type Task = Pick<SwarmView['tasks'][number], 'id' | 'serviceId' | 'nodeId' | 'state' | 'containerId' | 'reserved'>;

const NOTHING: Resources = { nanoCpus: 0, memoryBytes: 0 };

interface Seen extends Pick<SwarmView, 'services' | 'nodes'> {
  readonly tasks: readonly Task[];
}

export interface NodeDrain {
  /** With tasks on the node; by name. */
  readonly services: readonly Service[];
  /** Those of them that have no instance elsewhere: they get one before the node loses its own. */
  readonly alone: readonly Service[];
  /** Services of ours with a running task that the node of this machine does not serve. */
  readonly unserved: readonly string[];
  /** Containers of tasks that it serves. */
  readonly containers: readonly string[];
  /** No other node of its pod takes tasks: what leaves this one runs nowhere. */
  readonly isLast: boolean;
  /** Why the node may not be drained, with what to do. */
  readonly refusals: readonly string[];
}

/**
 * @param served ids of the containers that the node of this machine serves; tasks of other containers are Swarm's business
 */
export function nodeDrainOf(node: Node, { services, tasks, nodes }: Seen, served: ReadonlySet<string>): NodeDrain {
  const own = tasks.filter(({ nodeId }) => nodeId === node.id);
  const ids = new Set(own.map(({ serviceId }) => serviceId));
  const moved = services
    .filter(({ id, spec }) => ids.has(id) && replicasIn(spec) !== null)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const isServed = ({ containerId }: Task): boolean => served.has(containerId);
  const isInstance = (service: Service): boolean => own.some((task) => task.serviceId === service.id && isServed(task));
  const others = nodes.filter((one) => one.id !== node.id && isOpen(one) && podOf(one) === podOf(node));
  // One that takes no new task still serves.
  const serving = new Set(
    nodes.filter((one) => one.state === 'ready' && podOf(one) === podOf(node)).map(({ id }) => id),
  );
  serving.delete(node.id);
  const isElsewhere = ({ id }: Service): boolean =>
    tasks.some(({ serviceId, nodeId, state }) => serviceId === id && state === 'running' && serving.has(nodeId));
  const instances = moved.filter(isInstance);
  const isUnserved = (service: Service): boolean =>
    isManaged(service) &&
    own.some((task) => task.serviceId === service.id && task.state === 'running' && !isServed(task));
  const alone = instances.filter((service) => !isElsewhere(service));
  return {
    services: moved,
    alone,
    unserved: moved.filter(isUnserved).map(({ name }) => name),
    containers: own.filter(isServed).map(({ containerId }) => containerId),
    isLast: others.length === 0,
    refusals: refusalsOf(node, { instances, alone, others, own, tasks }),
  };
}

interface Grounds {
  readonly instances: readonly Service[];
  readonly alone: readonly Service[];
  readonly others: readonly Node[];
  readonly own: readonly Task[];
  readonly tasks: readonly Task[];
}

function refusalsOf(node: Node, { instances, alone, others, own, tasks }: Grounds): readonly string[] {
  const names = instances.map(({ name }) => name).join(', ');
  if (instances.length > 0 && others.length === 0)
    return [
      `${node.name} is the last node of the pod ${podOf(node)} that is ready and active, and runs ${names}; ` +
        `add a node: autoproxy pods label NODE ${podOf(node)}; with --force they end, and clients get 503, or of tcp a closed connection`,
    ];
  const stopFirst = alone
    .filter(({ spec }) => orderIn(spec) !== 'start-first')
    .map(
      ({ name }) =>
        `all instances of ${name} are on ${node.name}, and it stops the old one first; ` +
        'raise num_instances, or write placement.update.order: start-first, and apply it',
    );
  const paused = alone
    .filter(({ spec }) => isPaused(spec))
    .map(
      ({ name }) =>
        `all instances of ${name} are on ${node.name}, and its rollout is paused, so no new ones would start elsewhere; ` +
        'autoproxy apply goes on with it',
    );
  const roomless = roomlessOf(instances, { others, own, tasks }).map(
    ({ name }) =>
      `the other nodes of the pod ${podOf(node)} have no room for what ${name} reserves; ` +
      'add a node, or reserve less in placement.reservations',
  );
  return [...stopFirst, ...paused, ...roomless];
}

/** All that leave the node need room at one time. */
function roomlessOf(
  instances: readonly Service[],
  { others, own, tasks }: Pick<Grounds, 'others' | 'own' | 'tasks'>,
): readonly Service[] {
  const room = new PodRoom(others, tasks);
  const leaving = instances.map((service) => {
    const there = own.filter(({ serviceId }) => serviceId === service.id).map(({ reserved }) => reserved);
    return { service, count: there.length, each: there[0] ?? NOTHING };
  });
  leaving.sort((one, other) => bySize(one.each, other.each));
  return leaving.filter(({ each, count }) => room.take(each, count) > 0).map(({ service }) => service);
}

interface ServiceSpec {
  readonly Mode?: { readonly Replicated?: { readonly Replicas?: number } };
  readonly UpdateConfig?: { readonly Order?: string };
}

/** @returns null for one that has a task on each node or runs to its end */
export function replicasIn({ Mode: mode }: ServiceSpec): number | null {
  return mode?.Replicated === undefined ? null : (mode.Replicated.Replicas ?? 1);
}

function orderIn({ UpdateConfig: rules }: ServiceSpec): string {
  return rules?.Order ?? 'stop-first';
}

function podOf({ labels }: Node): string {
  return labels.get(POD_LABEL) ?? '';
}
