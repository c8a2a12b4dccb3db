/** A service as the Docker engine is told of it: the body of `POST /services/create`, API 1.30 and later. Pure. */
import type { Share, UpdateRules } from '../model/placement.js';
import {
  type ContainerCheck,
  constraintOf,
  containerLabels,
  literalEnv,
  NETWORK,
  ownLabels,
  type Service,
} from './service.js';

const NANOSECONDS = 1_000_000;
/** Of a secret's file: everybody in the container may read it (0444), as with `docker service create --secret`. */
const SECRET_MODE = 0o444;

/** @param secretIds what the manager calls each secret; without it the spec names secrets alone */
export function engineSpec(service: Service, secretIds: ReadonlyMap<string, string> = new Map()): object {
  return {
    Name: service.name,
    Labels: ownLabels(service),
    TaskTemplate: {
      ContainerSpec: {
        Image: service.image,
        Labels: containerLabels(service),
        Env: service.env.map(literalEnv),
        Secrets: service.secrets.map(({ name }) => ({
          File: { Name: name, UID: '0', GID: '0', Mode: SECRET_MODE },
          ...(secretIds.has(name) ? { SecretID: secretIds.get(name) } : {}),
          SecretName: name,
        })),
        Mounts: service.hostFiles.map((file) => ({ Type: 'bind', Source: file, Target: file, ReadOnly: true })),
        ...(service.healthcheck === null ? {} : { Healthcheck: engineCheck(service.healthcheck) }),
        StopGracePeriod: service.stopGraceMs * NANOSECONDS,
      },
      Resources: { Limits: engineShare(service.limits), Reservations: engineShare(service.reservations) },
      RestartPolicy: { Condition: 'any', Delay: service.restartDelayMs * NANOSECONDS },
      Placement: {
        Constraints: [constraintOf(service)],
        ...(service.spread === null
          ? {}
          : { Preferences: [{ Spread: { SpreadDescriptor: `node.labels.${service.spread}` } }] }),
      },
      Networks: [{ Target: NETWORK }],
    },
    Mode: { Replicated: { Replicas: service.replicas } },
    UpdateConfig: engineUpdate(service.update),
    // A rollback that fails must not begin another one.
    RollbackConfig: { ...engineUpdate(service.update), FailureAction: 'pause' },
  };
}

/**
 * The body of an update. `docker service update --force` counts up a number in the template; without it the manager would take
 * the template for another one, and replace all tasks.
 * @param found the spec that the service has
 */
export function updatedSpec(service: Service, found: object, secretIds: ReadonlyMap<string, string>): object {
  const spec = engineSpec(service, secretIds);
  const { ForceUpdate: forced } = templateOf(found) as { readonly ForceUpdate?: number };
  return forced === undefined ? spec : { ...spec, TaskTemplate: { ...templateOf(spec), ForceUpdate: forced } };
}

/** The part of a spec by which tasks are made. */
export function templateOf(spec: object): object {
  return (spec as { readonly TaskTemplate?: object }).TaskTemplate ?? {};
}

function engineCheck({ test, intervalMs, timeoutMs, retries, startPeriodMs }: ContainerCheck): object {
  // The engine refuses times beside NONE.
  if (test[0] === 'NONE') return { Test: test };
  return {
    Test: test,
    Interval: intervalMs * NANOSECONDS,
    Timeout: timeoutMs * NANOSECONDS,
    Retries: retries,
    StartPeriod: startPeriodMs * NANOSECONDS,
  };
}

function engineShare({ milliCpus, memoryBytes }: Share): object {
  return {
    ...(milliCpus === null ? {} : { NanoCPUs: milliCpus * 1_000_000 }),
    ...(memoryBytes === null ? {} : { MemoryBytes: memoryBytes }),
  };
}

function engineUpdate({ order, parallelism, delayMs, monitorMs, onFailure }: UpdateRules): object {
  return {
    Parallelism: parallelism,
    Delay: delayMs * NANOSECONDS,
    Monitor: monitorMs * NANOSECONDS,
    MaxFailureRatio: 0,
    FailureAction: onFailure,
    Order: order,
  };
}
