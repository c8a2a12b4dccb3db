/**
 * A node leaves the Swarm's service without a lost request. Swarm alone ends tasks before it starts others; so the order is:
 * no new task here, an instance elsewhere for each app, no new request here, then what Swarm does.
 */
import type { AdminClient } from '../../admin/client.js';
import { AdminClientError } from '../../admin/client-error.js';
import type { InstanceStatus } from '../../admin/state-document.js';
import type { AdminState } from '../../model/app.js';
import { type NodeDrain, nodeDrainOf, replicasIn } from '../../placement/node-drain.js';
import { hasEnded, progressOf, servingSlots } from '../../placement/progress.js';
import type { Availability, Swarm, SwarmView } from '../../placement/swarm.js';
import { countOf } from '../count-text.js';
import { waitForIdle } from '../idle-wait.js';
import { asked, changed, DrainDeadline, type Patience, until } from './patience.js';

type SwarmNode = SwarmView['nodes'][number];

/** Behind the name of the person who asks, so that what a drain decided is known from other decisions. */
export const BY_DRAIN = ' (node drain)';

export interface Leaving extends Patience {
  readonly swarm: Swarm;
  readonly client: AdminClient;
  readonly nodeId: string;
  /** Whether it goes on where no neighbor takes the requests over. */
  readonly isForced: boolean;
}

export interface TakenOut {
  /** That get no new request. */
  readonly instances: number;
  /** Requests that were under way there at the end of the wait. */
  readonly left: number;
}

const NOT_FOUND = 404;

export interface Seen {
  readonly node: SwarmNode;
  readonly drain: NodeDrain;
}

/** @throws DockerFailure, AdminClientError */
export async function look({ swarm, client, nodeId }: Pick<Leaving, 'swarm' | 'client' | 'nodeId'>): Promise<Seen> {
  const [view, { apps }] = [await swarm.view(), await client.readState()];
  const served = new Set(apps.flatMap(({ instances }) => instances.map(({ container }) => container?.id ?? '')));
  const node = view.nodes.find(({ id }) => id === nodeId);
  if (node === undefined) throw new RangeError('a node of the Swarm is gone');
  return { node, drain: nodeDrainOf(node, view, served) };
}

/** Until nothing is under way at the node's instances. @throws DrainDeadline */
export async function takeOut(leaving: Leaving, waitMs: number): Promise<TakenOut> {
  const { swarm, client, nodeId, say, signal } = leaving;
  const first = await asked(() => look(leaving), leaving);
  await changed(() => swarm.setAvailability(nodeId, 'pause'), leaving);
  for (const { name } of first.drain.isLast ? [] : first.drain.alone) {
    say(`${name}: has no instance elsewhere; new ones start there before the old ones end`);
    const forced = await asked(() => swarm.forcedUpdates(name), leaving);
    if (forced !== null) await changed(() => swarm.replaceTasks(name, forced + 1), leaving);
    await untilMoved(leaving, name);
  }
  const { drain } = await asked(() => look(leaving), leaving);
  const ids = new Set(drain.containers);
  await untilTakenOver(leaving, ids, waitMs);
  await decide(client, 'maint', ({ state, container }) => state === 'ready' && ids.has(container?.id ?? ''));
  const left = await waitForIdle(client, (_, { container }) => ids.has(container?.id ?? ''), waitMs, signal);
  signal.throwIfAborted();
  say(`${first.node.name}: ${countOf(ids.size, 'instance')} without new requests, ${left} still under way`);
  return { instances: ids.size, left };
}

/**
 * Until each app with an instance in these containers has a neighbor that its requests bleed to: a check may be seconds old,
 * and a request that nobody takes over is answered 503, a connection of tcp closed.
 */
async function untilTakenOver(leaving: Leaving, containers: ReadonlySet<string>, waitMs: number): Promise<void> {
  const { client, now, isForced } = leaving;
  let lonely: readonly string[] = [];
  const areTakenOver = async (): Promise<boolean> => {
    const { apps } = await client.readState();
    lonely = apps
      .filter(({ instances }) => instances.some(({ container }) => containers.has(container?.id ?? '')))
      .filter(({ neighbors }) => !neighbors.some(({ up }) => up))
      .map(({ name }) => name);
    return isForced || lonely.length === 0;
  };
  try {
    await until({ ...leaving, until: Math.min(leaving.until, now() + waitMs) }, areTakenOver);
  } catch (error) {
    if (!(error instanceof DrainDeadline)) throw error;
    throw new Error(`no neighbor takes over the requests of ${lonely.join(', ')} (--force goes on without)`);
  }
}

/** By the container: another one may have its address by now. @returns of how many instances it was decided */
async function decide(
  client: AdminClient,
  state: AdminState,
  isMeant: (instance: InstanceStatus) => boolean,
): Promise<number> {
  const { apps } = await client.readState();
  let count = 0;
  for (const { name, instances } of apps) {
    for (const instance of instances) {
      if (instance.container == null || !isMeant(instance)) continue;
      await decideOn(client, name, instance.container.id, state);
      count += 1;
    }
  }
  return count;
}

/** One whose container has ended meanwhile, as in an update, needs no decision. */
async function decideOn(client: AdminClient, app: string, container: string, state: AdminState): Promise<void> {
  try {
    await client.setAdminState(app, container, state);
  } catch (error) {
    if (!(error instanceof AdminClientError && error.status === NOT_FOUND)) throw error;
  }
}

/**
 * What `takeOut` did is undone, here or in a process that was killed: the instances serve, and the node takes tasks as before.
 * @returns how many instances serve again
 * @throws DrainDeadline
 */
export async function takeIn(parts: Omit<Leaving, 'isForced'>, availability: Availability): Promise<number> {
  const { swarm, client, nodeId } = parts;
  const isOurs = ({ state, override }: InstanceStatus): boolean =>
    state === 'maint' && override?.by.endsWith(BY_DRAIN) === true;
  const count = await decide(client, 'ready', isOurs);
  await changed(() => swarm.setAvailability(nodeId, availability), parts);
  return count;
}

async function untilMoved(leaving: Leaving, name: string): Promise<void> {
  await until(leaving, async () => {
    const { service = null, tasks = [] } = (await leaving.swarm.states([name])).get(name) ?? {};
    const wanted = service === null ? 0 : (replicasIn(service.spec) ?? 0);
    const { kind, reason } = progressOf(service, tasks, wanted, 'replace');
    if (kind === 'rolled-back' || kind === 'failed') throw new Error(`${name}: the new instances fail: ${reason}`);
    return kind === 'done';
  });
}

/** Swarm ends what runs on the node, and starts it elsewhere, if another node is left. @throws DrainDeadline */
export async function leave(leaving: Leaving): Promise<void> {
  const { swarm, nodeId, say, isForced } = leaving;
  const { drain } = await asked(() => look(leaving), leaving);
  const isMoving = !(isForced && drain.isLast);
  await changed(() => swarm.setAvailability(nodeId, 'drain'), leaving);
  const ending = await asked(() => endingThere(leaving), leaving);
  const names = new Set([...drain.services.map(({ name }) => name), ...ending]);
  const said = new Map<string, number>();
  await until(leaving, async () => {
    const states = await swarm.states([...names]);
    let isDone = true;
    for (const [name, { service, tasks }] of states) {
      const wanted = replicasIn(service.spec) ?? 0;
      const living = tasks.filter((task) => !hasEnded(task));
      const elsewhere = living.filter((task) => task.nodeId !== nodeId);
      const running = servingSlots(elsewhere);
      if (said.get(name) !== running) say(`${name}: ${running} of ${countOf(wanted, 'task')} run on other nodes`);
      said.set(name, running);
      isDone &&= (!isMoving || running >= wanted) && living.length === elsewhere.length;
    }
    return isDone;
  });
}

/** Names of the services with a task on the node that has not ended, though it may be told to. */
async function endingThere({ swarm, nodeId }: Leaving): Promise<readonly string[]> {
  const { services, tasks } = await swarm.observe();
  const living = tasks.filter((task) => task.nodeId === nodeId && !hasEnded(task));
  const ids = new Set(living.map(({ serviceId }) => serviceId));
  return services.filter(({ id }) => ids.has(id)).map(({ name }) => name);
}
