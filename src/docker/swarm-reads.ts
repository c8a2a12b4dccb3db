/** What a manager of a Swarm tells of its services, tasks, nodes, secrets and networks. Fields that are not used are left alone. */
import * as v from 'valibot';
import { entriesOf } from '../core/shapes.js';
import { parsedAnswer } from './answer-shape.js';
import type { DockerConnection } from './connection.js';

/** A thousand services with large environments, or ten thousand tasks. */
const MAX_LIST_BYTES = 67_108_864;
const LIST_MS = 10_000;

const labels = v.pipe(
  v.nullish(entriesOf(v.string()), {}),
  v.transform((entries): ReadonlyMap<string, string> => new Map(entries)),
);

const version = v.pipe(
  v.object({ Index: v.number() }),
  v.transform(({ Index }) => Index),
);

const NOTHING = { nanoCpus: 0, memoryBytes: 0 };
const resources = v.pipe(
  v.nullish(v.object({ NanoCPUs: v.nullish(v.number()), MemoryBytes: v.nullish(v.number()) }), {}),
  v.transform(({ NanoCPUs, MemoryBytes }) => ({ nanoCpus: NanoCPUs ?? 0, memoryBytes: MemoryBytes ?? 0 })),
);

const services = v.array(
  v.pipe(
    v.object({
      ID: v.string(),
      Version: version,
      Spec: v.looseObject({ Name: v.string(), Labels: labels }),
      UpdatedAt: v.optional(v.string()),
      UpdateStatus: v.nullish(
        v.object({ State: v.optional(v.string()), Message: v.optional(v.string()), StartedAt: v.optional(v.string()) }),
      ),
    }),
    v.transform(({ ID: id, Version, Spec, UpdatedAt, UpdateStatus }) => ({
      id,
      version: Version,
      name: Spec.Name,
      labels: Spec.Labels,
      updateState: UpdateStatus?.State ?? '',
      updateMessage: UpdateStatus?.Message ?? '',
      // A change that replaces no task, and a new service, have no update.
      begunAt: timeFrom(UpdateStatus?.StartedAt ?? UpdatedAt),
    })),
  ),
);

const tasks = v.array(
  v.pipe(
    v.object({
      ID: v.string(),
      ServiceID: v.optional(v.string()),
      NodeID: v.optional(v.string()),
      Slot: v.optional(v.number()),
      DesiredState: v.string(),
      CreatedAt: v.optional(v.string()),
      UpdatedAt: v.optional(v.string()),
      Spec: v.object({
        ContainerSpec: v.optional(v.object({ Image: v.string() })),
        Resources: v.nullish(v.object({ Reservations: resources })),
      }),
      Status: v.object({
        State: v.string(),
        Timestamp: v.optional(v.string()),
        Err: v.optional(v.string()),
        ContainerStatus: v.nullish(v.object({ ContainerID: v.optional(v.string()) })),
      }),
    }),
    v.transform(({ ID: id, ServiceID, NodeID, Slot, DesiredState, CreatedAt, UpdatedAt, Spec, Status }) => ({
      id,
      serviceId: ServiceID ?? '',
      nodeId: NodeID ?? '',
      slot: Slot ?? 0,
      image: Spec.ContainerSpec?.Image ?? '',
      desiredState: DesiredState,
      state: Status.State,
      error: Status.Err ?? '',
      reserved: Spec.Resources?.Reservations ?? NOTHING,
      containerId: Status.ContainerStatus?.ContainerID ?? '',
      stateSince: timeFrom(Status.Timestamp),
      createdAt: timeFrom(CreatedAt),
      changedAt: timeFrom(UpdatedAt),
    })),
  ),
);

/** Milliseconds since 1970; 0 where the engine says nothing. */
function timeFrom(text: string | undefined): number {
  return Date.parse(text ?? '') || 0;
}

const nodes = v.array(
  v.pipe(
    v.object({
      ID: v.string(),
      Version: version,
      Spec: v.looseObject({ Labels: labels, Availability: v.string() }),
      Description: v.object({ Hostname: v.string(), Resources: resources }),
      Status: v.object({ State: v.string(), Addr: v.optional(v.string()) }),
      ManagerStatus: v.nullish(v.object({ Addr: v.optional(v.string()) })),
    }),
    v.transform(({ ID: id, Version, Spec, Description, Status, ManagerStatus }) => ({
      id,
      version: Version,
      name: Description.Hostname,
      resources: Description.Resources,
      labels: Spec.Labels,
      availability: Spec.Availability,
      state: Status.State,
      address: addressOf(Status.Addr ?? '', ManagerStatus?.Addr ?? ''),
    })),
  ),
);

/** Of some managers the state says 0.0.0.0, and the part for managers `ADDRESS:PORT`. Empty: it is not known. */
function addressOf(stated: string, manager: string): string {
  if (stated !== '' && stated !== '0.0.0.0') return stated;
  return manager.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

const secrets = v.array(
  v.pipe(
    v.object({ ID: v.string(), Spec: v.object({ Name: v.string() }) }),
    v.transform(({ ID, Spec }) => ({ id: ID, name: Spec.Name })),
  ),
);

const network = v.object({ Name: v.string() });

const ownSwarm = v.object({
  Swarm: v.object({ RemoteManagers: v.nullish(v.array(v.object({ Addr: v.string() }))) }),
});

const specs = v.array(v.object({ Spec: v.looseObject({}) }));

export type SwarmService = v.InferOutput<typeof services>[number] & { readonly spec: object };
/** `template`: the part TaskTemplate of its service's spec, as it was when the task was made. */
export type SwarmTask = v.InferOutput<typeof tasks>[number] & { readonly template: object };
export type SwarmNode = v.InferOutput<typeof nodes>[number] & { readonly spec: object };

/** All services, with their whole specs. @throws DockerFailure */
export async function listServices(
  connection: DockerConnection,
  signal: AbortSignal,
): Promise<readonly SwarmService[]> {
  const what = 'the list of services';
  const value = await listOf(connection, '/services', what, signal);
  return withSpecs(parsedAnswer(what, services, value), what, value);
}

/** An update sends the whole spec, also what is not read here. */
function withSpecs<T>(read: readonly T[], what: string, value: unknown): readonly (T & { readonly spec: object })[] {
  const whole = parsedAnswer(what, specs, value);
  return read.map((one, index) => ({ ...one, spec: whole[index]?.Spec ?? {} }));
}

/** Also tasks that have ended, as far as the manager keeps them. @throws DockerFailure */
export async function listTasks(connection: DockerConnection, signal: AbortSignal): Promise<readonly SwarmTask[]> {
  const what = 'the list of tasks';
  const value = await listOf(connection, '/tasks', what, signal);
  const whole = parsedAnswer(what, specs, value);
  return parsedAnswer(what, tasks, value).map((task, index) => ({ ...task, template: whole[index]?.Spec ?? {} }));
}

/** With their whole specs. @throws DockerFailure */
export async function listNodes(connection: DockerConnection, signal: AbortSignal): Promise<readonly SwarmNode[]> {
  const what = 'the list of nodes';
  const value = await listOf(connection, '/nodes', what, signal);
  return withSpecs(parsedAnswer(what, nodes, value), what, value);
}

/** @returns name → id. @throws DockerFailure */
export async function secretIds(
  connection: DockerConnection,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const what = 'the list of secrets';
  const read = parsedAnswer(what, secrets, await listOf(connection, '/secrets', what, signal));
  return new Map(read.map(({ id, name }) => [name, id]));
}

/**
 * Name of a network. The list of networks leaves out the ones that Swarm names after the engine's own, as `bridge`.
 * @returns null when there is none with this id
 * @throws DockerFailure
 */
export async function networkName(
  connection: DockerConnection,
  id: string,
  signal: AbortSignal,
): Promise<string | null> {
  const what = `the inspection of network ${id}`;
  const limits = { statuses: [200, 404], maxBytes: MAX_LIST_BYTES, deadlineMs: LIST_MS };
  const call = { method: 'GET', path: `/networks/${encodeURIComponent(id)}`, what, ...limits } as const;
  const { status, value } = await connection.call(call, signal);
  return status === 404 ? null : parsedAnswer(what, network, value).Name;
}

/** Where the managers of the engine's Swarm are, as a worker knows it: `10.0.0.1:2377`. @throws DockerFailure */
export async function controlAddresses(connection: DockerConnection, signal: AbortSignal): Promise<readonly string[]> {
  const what = 'what the engine says of itself';
  const { Swarm } = parsedAnswer(what, ownSwarm, await listOf(connection, '/info', what, signal));
  return (Swarm.RemoteManagers ?? []).map(({ Addr }) => Addr);
}

async function listOf(connection: DockerConnection, path: string, what: string, signal: AbortSignal): Promise<unknown> {
  const call = { method: 'GET', path, what, maxBytes: MAX_LIST_BYTES, deadlineMs: LIST_MS } as const;
  return (await connection.call(call, signal)).value;
}
