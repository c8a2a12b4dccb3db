/** The manager of a Swarm, as placement sees it: what is there, and how one step of a plan is made. */
import { createKeyedObject } from '../core/keyed-object.js';
import { PasswordFailure } from '../docker/client-config.js';
import type { DockerConnection } from '../docker/connection.js';
import { registryOf } from '../docker/image-name.js';
import { hasImage, registryRefusal } from '../docker/image-reads.js';
import { NO_PASSWORD } from '../docker/registry-passwords.js';
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
import { createService, removeService, updateNode, updateService } from '../docker/swarm-writes.js';
import { engineSpec, updatedSpec } from './engine-spec.js';
import { firstPart, isCarriedOut } from './overtaken.js';
import { isPaused, pausedSpec } from './pause.js';
import { type Found, isManaged, nameOf, type ServiceStep, type UpdateStep } from './plan.js';
import { POD_LABEL } from './service.js';
import { networksOf, type SpecParts, templateWithNames, withNames } from './spec-names.js';

/** With the names of networks in its specs, as plans compare them. */
interface SeenSwarm {
  readonly services: readonly SwarmService[];
  readonly tasks: readonly SwarmTask[];
  readonly nodes: readonly SwarmNode[];
}

export interface SwarmView extends SeenSwarm, Pick<Found, 'pods'> {
  /** Name of a secret → its id. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** `pause`: it takes no new task; `drain`: its tasks are ended too. */
export type Availability = 'active' | 'pause' | 'drain';

/** What is changed of a node; the rest stays. */
interface NodeChange {
  readonly availability?: Availability;
  readonly labels?: ReadonlyMap<string, string>;
}

interface SwarmServiceState {
  /** As the manager gives it, so that it can be sent back. */
  readonly service: SwarmService;
  /** With names in its spec, as plans compare it. */
  readonly seen: SwarmService;
  readonly tasks: readonly SwarmTask[];
}

/** `ready`: it waits for the restart delay of the one before it. */
const WANTED_STATES = new Set(['running', 'ready', 'accepted']);

/** The value of X-Registry-Auth for the registry of an image; null: no password is known. */
interface Passwords {
  headerFor(image: string): Promise<string | null>;
}

const NONE_KNOWN: Passwords = { headerFor: async () => null };

export class Swarm {
  readonly #connection: DockerConnection;
  readonly #signal: AbortSignal;
  readonly #passwords: Passwords;
  /** Id → name; a name stays. */
  readonly #networks = new Map<string, string>();

  /** @param passwords for registries; only what creates or updates services, or looks for images, needs them */
  constructor(connection: DockerConnection, signal: AbortSignal, passwords: Passwords = NONE_KNOWN) {
    this.#connection = connection;
    this.#signal = signal;
    this.#passwords = passwords;
  }

  /** @throws DockerFailure; `notManager` where no manager answers */
  async view(): Promise<SwarmView> {
    const [{ services, tasks, nodes }, secrets] = await Promise.all([
      this.observe(),
      secretIds(this.#connection, this.#signal),
    ]);
    return {
      services,
      // One that is to end, or has ended, is nobody's instance any more.
      tasks: tasks.filter(({ desiredState }) => WANTED_STATES.has(desiredState)),
      nodes,
      pods: new Map(nodes.map(({ id, labels }) => [id, labels.get(POD_LABEL) ?? ''])),
      secrets,
    };
  }

  /**
   * The images of these that neither this engine has nor a registry gives.
   * @returns image → why the registry does not give it
   * @throws DockerFailure, PasswordFailure
   */
  async missingImages(images: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const [connection, signal] = [this.#connection, this.#signal];
    const looks = [...new Set(images)].map(async (image) => {
      const reason = (await hasImage(connection, image, signal))
        ? null
        : await registryRefusal(connection, image, await this.#passwords.headerFor(image), signal);
      return reason === null ? [] : [[image, reason] as const];
    });
    return new Map((await Promise.all(looks)).flat());
  }

  /** @returns why passwords for the registries of these images are not to be had, each once */
  async passwordProblems(images: Iterable<string>): Promise<readonly string[]> {
    const looks = [...images].map((image) =>
      this.#passwords.headerFor(image).then(
        () => [],
        (error: unknown) => {
          if (error instanceof PasswordFailure) return [error.message];
          throw error;
        },
      ),
    );
    return [...new Set((await Promise.all(looks)).flat())];
  }

  /** As a rollout is watched: with the tasks that have ended, as far as the manager keeps them. @throws DockerFailure */
  async observe(): Promise<SeenSwarm> {
    const [connection, signal] = [this.#connection, this.#signal];
    const [services, tasks, nodes] = await Promise.all([
      listServices(connection, signal),
      listTasks(connection, signal),
      listNodes(connection, signal),
    ]);
    const networks = await this.#networkNames(services);
    return {
      services: services.map((service) => ({ ...service, spec: withNames(service.spec, networks) })),
      tasks: tasks.map((task) => ({ ...task, template: templateWithNames(task.template, networks) })),
      nodes,
    };
  }

  /** @returns id → name, of the networks of our own services */
  async #networkNames(services: readonly SwarmService[]): Promise<ReadonlyMap<string, string>> {
    const ids = new Set(services.filter(isManaged).flatMap(({ spec }) => networksOf(spec)));
    const unknown = [...ids].filter((id) => !this.#networks.has(id));
    const names = await Promise.all(unknown.map((id) => networkName(this.#connection, id, this.#signal)));
    for (const [index, id] of unknown.entries()) {
      const name = names[index] ?? null;
      if (name !== null) this.#networks.set(id, name);
    }
    return this.#networks;
  }

  /** @returns name → the service and its tasks, also those that have ended; one that is gone is left out */
  async states(names: readonly string[]): Promise<ReadonlyMap<string, SwarmServiceState>> {
    const [services, tasks] = await Promise.all([
      listServices(this.#connection, this.#signal),
      listTasks(this.#connection, this.#signal),
    ]);
    const wanted = new Set(names);
    const own = services.filter(({ name }) => wanted.has(name));
    const networks = await this.#networkNames(own);
    return new Map(
      own.map((service) => [
        service.name,
        {
          service,
          seen: { ...service, spec: withNames(service.spec, networks) },
          tasks: tasks.filter(({ serviceId }) => serviceId === service.id),
        },
      ]),
    );
  }

  /** @throws DockerFailure; `outOfSequence` when the node was changed since it was read */
  async changeNode({ spec, ...node }: SwarmNode, { availability, labels }: NodeChange): Promise<void> {
    const changed = {
      ...spec,
      ...(availability === undefined ? {} : { Availability: availability }),
      ...(labels === undefined ? {} : { Labels: createKeyedObject(labels) }),
    };
    await updateNode(this.#connection, node, changed, this.#signal);
  }

  /**
   * The node gets this availability, unless it has it.
   * @throws DockerFailure; `outOfSequence` when the node was changed between a look and the change
   */
  async setAvailability(nodeId: string, availability: Availability): Promise<void> {
    const node = (await listNodes(this.#connection, this.#signal)).find(({ id }) => id === nodeId);
    if (node === undefined) throw new RangeError('a node of the Swarm is gone');
    if (node.availability !== availability) await this.changeNode(node, { availability });
  }

  /** @returns how often the tasks of the service were replaced by others of the same spec; null: it is gone. @throws DockerFailure */
  async forcedUpdates(name: string): Promise<number | null> {
    const service = (await listServices(this.#connection, this.#signal)).find((one) => one.name === name);
    return service === undefined ? null : forcedIn(service.spec);
  }

  /**
   * Each task of the service is replaced by one of the same spec, in the order and pace of an update.
   * @param count of forced updates with this one; a service that has had it is left alone
   * @throws DockerFailure; `outOfSequence` as above
   */
  async replaceTasks(name: string, count: number): Promise<void> {
    const [connection, signal] = [this.#connection, this.#signal];
    const service = (await listServices(connection, signal)).find((one) => one.name === name);
    if (service === undefined || forcedIn(service.spec) >= count) return;
    const { TaskTemplate: task } = service.spec as SpecParts;
    await updateService(
      connection,
      service,
      { ...service.spec, TaskTemplate: { ...task, ForceUpdate: count } },
      null,
      signal,
    );
  }

  /** @throws DockerFailure; `outOfSequence` when somebody else changed the service since the view */
  async carryOut(step: ServiceStep, secrets: SwarmView['secrets']): Promise<void> {
    const [connection, signal] = [this.#connection, this.#signal];
    if (step.kind === 'create') {
      const { name, image } = step.service;
      const auth = await this.#passwords.headerFor(image);
      await createService(connection, name, engineSpec(step.service, secrets), auth, signal);
    } else if (step.kind === 'update') {
      const spec = updatedSpec(firstPart(step), step.found.spec, secrets);
      await updateService(connection, step.found, spec, await this.#authFor(step), signal);
    }
    if (step.kind === 'remove') await removeService(connection, step.found, signal);
  }

  /** A service keeps the password that it has; another registry must not be offered it. */
  async #authFor({ service, found }: UpdateStep): Promise<string | null> {
    const auth = await this.#passwords.headerFor(service.image);
    if (auth !== null) return auth;
    return registryOf(service.image) === registryOf(imageIn(found.spec)) ? null : NO_PASSWORD;
  }

  /** The second part of a step that goes on with half an update: after the first one is done. @throws DockerFailure */
  async complete(step: ServiceStep, secrets: SwarmView['secrets']): Promise<void> {
    if (step.kind !== 'update' || firstPart(step) === step.service) return;
    const there = (await this.states([nameOf(step)])).get(nameOf(step));
    if (there === undefined || !isCarriedOut(step, there.seen)) return;
    const spec = updatedSpec(step.service, there.service.spec, secrets);
    await updateService(this.#connection, there.service, spec, null, this.#signal);
  }

  /**
   * Holds the update of a service that is under way.
   * @returns false: nothing is under way there
   * @throws DockerFailure; `outOfSequence` as above
   */
  async pause(name: string): Promise<boolean> {
    const service = (await this.states([name])).get(name)?.service;
    // A manager clears the state of the update for a moment when its rules change.
    if (service?.updateState === '' && isPaused(service.spec)) return true;
    if (service?.updateState !== 'updating') return false;
    if (!isPaused(service.spec))
      await updateService(this.#connection, service, pausedSpec(service.spec), null, this.#signal);
    return true;
  }
}

function forcedIn({ TaskTemplate: task }: SpecParts): number {
  return task?.ForceUpdate ?? 0;
}

function imageIn({ TaskTemplate: task }: SpecParts): string {
  return task?.ContainerSpec?.Image ?? '';
}
