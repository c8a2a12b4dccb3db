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

const services = z.array(
  z
    .object({
      ID: z.string(),
      Version: version,
      Spec: z.looseObject({ Name: z.string(), Labels: labels }),
      UpdateStatus: z.object({ State: z.string().optional(), Message: z.string().optional() }).nullish(),
    })
    .transform(({ ID: id, Version, Spec, UpdateStatus }) => ({
      id,
      version: Version,
      name: Spec.Name,
      labels: Spec.Labels,
      updateState: UpdateStatus?.State ?? '',
      updateMessage: UpdateStatus?.Message ?? '',
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
      Spec: z.object({ ContainerSpec: z.object({ Image: z.string() }).optional() }),
      Status: z.object({
        State: z.string(),
        Err: z.string().optional(),
        ContainerStatus: z.object({ ContainerID: z.string().optional() }).nullish(),
      }),
    })
    .transform(({ ID: id, ServiceID, NodeID, Slot, DesiredState, Spec, Status }) => ({
      id,
      serviceId: ServiceID ?? '',
      nodeId: NodeID ?? '',
      slot: Slot ?? 0,
      image: Spec.ContainerSpec?.Image ?? '',
      desiredState: DesiredState,
      state: Status.State,
      error: Status.Err ?? '',
      containerId: Status.ContainerStatus?.ContainerID ?? '',
    })),
);

const nodes = z.array(
  z
    .object({
      ID: z.string(),
      Version: version,
      Spec: z.looseObject({ Labels: labels, Availability: z.string() }),
      Description: z.object({ Hostname: z.string() }),
      Status: z.object({ State: z.string() }),
    })
    .transform(({ ID: id, Version, Spec, Description, Status }) => ({
      id,
      version: Version,
      name: Description.Hostname,
      labels: Spec.Labels,
      availability: Spec.Availability,
      state: Status.State,
    })),
);

const secrets = z.array(
  z
    .object({ ID: z.string(), Spec: z.object({ Name: z.string() }) })
    .transform(({ ID, Spec }) => ({ id: ID, name: Spec.Name })),
);

const network = z.object({ Name: z.string() });

const specs = z.array(z.object({ Spec: z.looseObject({}) }));

export type SwarmService = z.output<typeof services>[number] & { readonly spec: object };
export type SwarmTask = z.output<typeof tasks>[number];
export type SwarmNode = z.output<typeof nodes>[number];

/** All services, with their whole specs. @throws DockerFailure */
export async function listServices(
  connection: DockerConnection,
  signal: AbortSignal,
): Promise<readonly SwarmService[]> {
  const value = await listOf(connection, '/services', 'the list of services', signal);
  const whole = parsedAnswer('the list of services', specs, value);
  return parsedAnswer('the list of services', services, value).map((service, index) => ({
    ...service,
    spec: whole[index]?.Spec ?? {},
  }));
}

/** Also tasks that have ended, as far as the manager keeps them. @throws DockerFailure */
export async function listTasks(connection: DockerConnection, signal: AbortSignal): Promise<readonly SwarmTask[]> {
  const what = 'the list of tasks';
  return parsedAnswer(what, tasks, await listOf(connection, '/tasks', what, signal));
}

/** @throws DockerFailure */
export async function listNodes(connection: DockerConnection, signal: AbortSignal): Promise<readonly SwarmNode[]> {
  const what = 'the list of nodes';
  return parsedAnswer(what, nodes, await listOf(connection, '/nodes', what, signal));
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

async function listOf(connection: DockerConnection, path: string, what: string, signal: AbortSignal): Promise<unknown> {
  const call = { method: 'GET', path, what, maxBytes: MAX_LIST_BYTES, deadlineMs: LIST_MS } as const;
  return (await connection.call(call, signal)).value;
}
