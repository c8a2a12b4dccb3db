/** Services as a Compose file, for `docker stack deploy` and for tools that read Compose. Pure. */
import { stringify } from 'yaml';
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

export function composeText(services: readonly Service[]): string {
  const secrets = new Set(services.flatMap((service) => service.secrets.map(({ name }) => name)));
  const file = {
    // `docker stack deploy` of 20.10 needs it; newer programs ignore it.
    version: '3.8',
    services: Object.fromEntries(services.map((service) => [service.name, composeService(service)])),
    networks: { [NETWORK]: { external: true, name: NETWORK } },
    ...(secrets.size === 0
      ? {}
      : { secrets: Object.fromEntries([...secrets].sort().map((name) => [name, { external: true }])) }),
  };
  return stringify(withoutVariables(file), { lineWidth: 0, aliasDuplicateObjects: false });
}

function composeService(service: Service): object {
  const { image, env, secrets, hostFiles, healthcheck, stopGraceMs, replicas, limits, reservations } = service;
  return {
    image,
    ...(env.length === 0 ? {} : { environment: env.map(literalEnv) }),
    labels: containerLabels(service),
    ...(secrets.length === 0 ? {} : { secrets: secrets.map(({ name }) => name) }),
    ...(hostFiles.length === 0
      ? {}
      : { volumes: hostFiles.map((file) => ({ type: 'bind', source: file, target: file, read_only: true })) }),
    ...(healthcheck === null ? {} : { healthcheck: composeCheck(healthcheck) }),
    stop_grace_period: duration(stopGraceMs),
    networks: [NETWORK],
    deploy: {
      labels: ownLabels(service),
      replicas,
      resources: { limits: composeShare(limits), reservations: composeShare(reservations) },
      restart_policy: { condition: 'any', delay: duration(service.restartDelayMs) },
      placement: {
        constraints: [constraintOf(service)],
        ...(service.spread === null ? {} : { preferences: [{ spread: `node.labels.${service.spread}` }] }),
      },
      update_config: composeUpdate(service.update),
      rollback_config: { ...composeUpdate(service.update), failure_action: 'pause' },
    },
  };
}

function composeCheck({ test, intervalMs, timeoutMs, retries, startPeriodMs }: ContainerCheck): object {
  if (test[0] === 'NONE') return { disable: true };
  return {
    test,
    interval: duration(intervalMs),
    timeout: duration(timeoutMs),
    retries,
    start_period: duration(startPeriodMs),
  };
}

/** As Go reads it: `1d` would not be one. */
function duration(durationMs: number): string {
  return `${durationMs}ms`;
}

function composeShare({ milliCpus, memoryBytes }: Share): object {
  return {
    ...(milliCpus === null ? {} : { cpus: String(milliCpus / 1_000) }),
    ...(memoryBytes === null ? {} : { memory: `${memoryBytes}b` }),
  };
}

function composeUpdate({ order, parallelism, delayMs, monitorMs, onFailure }: UpdateRules): object {
  return {
    parallelism,
    delay: duration(delayMs),
    monitor: duration(monitorMs),
    max_failure_ratio: 0,
    failure_action: onFailure,
    order,
  };
}

/** Readers of the file would replace `$NAME` by a variable of theirs; `$$` is a dollar. */
function withoutVariables(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(withoutVariables);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutVariables(one)]));
}
