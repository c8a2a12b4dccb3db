/** The manager of a Swarm, as placement sees it: what is there, and how one step of a plan is made. */
import type { DockerConnection } from '../docker/connection.js';
import {
  listNodes,
  listServices,
  listTasks,
  networkName,
  type SwarmNode,
  type SwarmService,
  type SwarmTask,
  secretIds,
} from '../docker/swarm-reads.js';
import { createService, removeService, updateService } from '../docker/swarm-writes.js';
import { engineSpec } from './engine-spec.js';
import { type Found, isManaged, type ServiceStep } from './plan.js';
import { POD_LABEL } from './service.js';

export interface SwarmView extends Found {
  readonly services: readonly SwarmService[];
  readonly tasks: readonly SwarmTask[];
  readonly nodes: readonly SwarmNode[];
  /** Name of a secret → its id. */
  readonly secrets: ReadonlyMap<string, string>;
}

interface SwarmServiceState {
  readonly service: SwarmService;
  readonly tasks: readonly SwarmTask[];
}

/** `ready`: it waits for the restart delay of the one before it. */
const WANTED_STATES = new Set(['running', 'ready', 'accepted']);

export class Swarm {
  readonly #connection: DockerConnection;
  readonly #signal: AbortSignal;

  constructor(connection: DockerConnection, signal: AbortSignal) {
    this.#connection = connection;
    this.#signal = signal;
  }

  /** @throws DockerFailure; `notManager` where no manager answers */
  async view(): Promise<SwarmView> {
    const [connection, signal] = [this.#connection, this.#signal];
    const [services, tasks, nodes, secrets] = await Promise.all([
      listServices(connection, signal),
      listTasks(connection, signal),
      listNodes(connection, signal),
      secretIds(connection, signal),
    ]);
    const networks = await this.#networkNames(services);
    return {
      services: services.map((service) => ({ ...service, spec: withNames(service.spec, networks) })),
      // One that is to end, or has ended, is nobody's instance any more.
      tasks: tasks.filter(({ desiredState }) => WANTED_STATES.has(desiredState)),
      nodes,
      pods: new Map(nodes.map(({ id, labels }) => [id, labels.get(POD_LABEL) ?? ''])),
      secrets,
    };
  }

  /** @returns id → name, of the networks of our own services */
  async #networkNames(services: readonly SwarmService[]): Promise<ReadonlyMap<string, string>> {
    const ids = new Set(services.filter(isManaged).flatMap(({ spec }) => networksOf(spec)));
    const names = [...ids].map(
      async (id) => [id, (await networkName(this.#connection, id, this.#signal)) ?? id] as const,
    );
    return new Map(await Promise.all(names));
  }

  /** @returns name → the service and its tasks, also those that have ended; one that is gone is left out */
  async states(names: readonly string[]): Promise<ReadonlyMap<string, SwarmServiceState>> {
    const [services, tasks] = await Promise.all([
      listServices(this.#connection, this.#signal),
      listTasks(this.#connection, this.#signal),
    ]);
    const wanted = new Set(names);
    return new Map(
      services
        .filter(({ name }) => wanted.has(name))
        .map((service) => [
          service.name,
          { service, tasks: tasks.filter(({ serviceId }) => serviceId === service.id) },
        ]),
    );
  }

  /** @throws DockerFailure; `outOfSequence` when somebody else changed the service since the view */
  async carryOut(step: ServiceStep, secrets: SwarmView['secrets']): Promise<void> {
    const [connection, signal] = [this.#connection, this.#signal];
    if (step.kind === 'create')
      await createService(connection, step.service.name, engineSpec(step.service, secrets), signal);
    else if (step.kind === 'update')
      await updateService(connection, step.found, engineSpec(step.service, secrets), signal);
    else if (step.kind === 'remove') await removeService(connection, step.found, signal);
  }
}

interface SpecParts {
  readonly TaskTemplate?: {
    readonly Networks?: readonly { readonly Target?: string }[];
    readonly ContainerSpec?: { readonly Secrets?: readonly object[] };
  };
}

function networksOf(spec: SpecParts): readonly string[] {
  return (spec.TaskTemplate?.Networks ?? []).flatMap(({ Target }) => (Target === undefined ? [] : [Target]));
}

/**
 * A manager gives networks back by id, and the ids of secrets beside their names. The id of the network `bridge` is another
 * one than that of the engine's own bridge.
 */
function withNames(spec: SpecParts, networks: ReadonlyMap<string, string>): object {
  const { TaskTemplate: task } = spec;
  if (task === undefined) return spec;
  const used = task.Networks?.map((use) => ({ ...use, Target: networks.get(use.Target ?? '') ?? use.Target }));
  const secrets = task.ContainerSpec?.Secrets?.map((secret) => ({ ...secret, SecretID: undefined }));
  return {
    ...spec,
    TaskTemplate: { ...task, Networks: used, ContainerSpec: { ...task.ContainerSpec, Secrets: secrets } },
  };
}
