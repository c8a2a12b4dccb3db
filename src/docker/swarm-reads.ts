/** What a manager of a Swarm tells of its services, tasks, nodes, secrets and networks. Fields that are not used are left alone. */
import * as z from 'zod';
import { entriesOf, parsedAnswer } from './answer-shape.js';
import type { DockerConnection } from './connection.js';

/** A thousand services with large environments, or ten thousand tasks. */
const MAX_LIST_BYTES = 67_108_864;
const LIST_MS = 10_000;

const labels = entriesOf(z.string())
  .nullish()
  .transform((entries): ReadonlyMap<string, string> => new Map(entries ?? []));

const version = z.object({ Index: z.number() }).transform(({ Index }) => Index);

const NOTHING = { nanoCpus: 0, memoryBytes: 0 };
const resources = z
  .object({ NanoCPUs: z.number().nullish(), MemoryBytes: z.number().nullish() })
  .nullish()
  .transform((given) => ({ nanoCpus: given?.NanoCPUs ?? 0, memoryBytes: given?.MemoryBytes ?? 0 }));

const services = z.array(
  z
    .object({
      ID: z.string(),
      Version: version,
      Spec: z.looseObject({ Name: z.string(), Labels: labels }),
      UpdatedAt: z.string().optional(),
      UpdateStatus: z
        .object({ State: z.string().optional(), Message: z.string().optional(), StartedAt: z.string().optional() })
        .nullish(),
    })
    .transform(({ ID: id, Version, Spec, UpdatedAt, UpdateStatus }) => ({
      id,
      version: Version,
      name: Spec.Name,
      labels: Spec.Labels,
      updateState: UpdateStatus?.State ?? '',
      updateMessage: UpdateStatus?.Message ?? '',
      // A change that replaces no task, and a new service, have no update.
      begunAt: timeFrom(UpdateStatus?.StartedAt ?? UpdatedAt),
    })),
);

const tasks = z.array(
  z
    .object({
      ID: z.string(),
      ServiceID: z.string().optional(),
      NodeID: z.string().optional(),
      Slot: z.number().optional(),
      DesiredState: z.string(),
      CreatedAt: z.string().optional(),
      UpdatedAt: z.string().optional(),
      Spec: z.object({
        ContainerSpec: z.object({ Image: z.string() }).optional(),
        Resources: z.object({ Reservations: resources }).nullish(),
      }),
      Status: z.object({
        State: z.string(),
        Timestamp: z.string().optional(),
        Err: z.string().optional(),
        ContainerStatus: z.object({ ContainerID: z.string().optional() }).nullish(),
      }),
    })
    .transform(({ ID: id, ServiceID, NodeID, Slot, DesiredState, CreatedAt, UpdatedAt, Spec, Status }) => ({
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
);

/** Milliseconds since 1970; 0 where the engine says nothing. */
function timeFrom(text: string | undefined): number {
  return Date.parse(text ?? '') || 0;
}

const nodes = z.array(
  z
    .object({
      ID: z.string(),
      Version: version,
      Spec: z.looseObject({ Labels: labels, Availability: z.string() }),
      Description: z.object({ Hostname: z.string(), Resources: resources }),
      Status: z.object({ State: z.string(), Addr: z.string().optional() }),
      ManagerStatus: z.object({ Addr: z.string().optional() }).nullish(),
    })
    .transform(({ ID: id, Version, Spec, Description, Status, ManagerStatus }) => ({
      id,
      version: Version,
      name: Description.Hostname,
      resources: Description.Resources,
      labels: Spec.Labels,
      availability: Spec.Availability,
      state: Status.State,
      address: addressOf(Status.Addr ?? '', ManagerStatus?.Addr ?? ''),
    })),
);

/** Of some managers the state says 0.0.0.0, and the part for managers `ADDRESS:PORT`. Empty: it is not known. */
function addressOf(stated: string, manager: string): string {
  if (stated !== '' && stated !== '0.0.0.0') return stated;
  return manager.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

const secrets = z.array(
  z
    .object({ ID: z.string(), Spec: z.object({ Name: z.string() }) })
    .transform(({ ID, Spec }) => ({ id: ID, name: Spec.Name })),
);

const network = z.object({ Name: z.string() });

const ownSwarm = z.object({
  Swarm: z.object({ RemoteManagers: z.array(z.object({ Addr: z.string() })).nullish() }),
});

const specs = z.array(z.object({ Spec: z.looseObject({}) }));

export type SwarmService = z.output<typeof services>[number] & { readonly spec: object };
/** `template`: the part TaskTemplate of its service's spec, as it was when the task was made. */
export type SwarmTask = z.output<typeof tasks>[number] & { readonly template: object };
export type SwarmNode = z.output<typeof nodes>[number] & { readonly spec: object };

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
