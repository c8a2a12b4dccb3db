import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.js';
import { consulSettingsFrom } from '../consul/settings-from-options.js';
import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { dockerSettingsFrom } from '../docker/settings.js';
import { Registrar } from '../registrar/registrar.js';
import { DockerSource } from '../sources/docker/docker-source.js';

/** What a node has beside a Docker engine. */
export interface DockerParts {
  readonly source: DockerSource;
  /** null: nobody asked for it. */
  readonly registrar: Registrar | null;
}

interface SharedParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * @returns null when no engine was named
 * @throws Error that says what to do, when containers cannot be registered as asked
 */
export function createDockerParts(config: Config, parts: SharedParts): DockerParts | null {
  const settings = dockerSettingsFrom(config);
  const registrar = createRegistrar(config, parts);
  if (settings === null) return null;
  const onContainers: Registrar['setContainers'] = (containers) => registrar?.setContainers(containers);
  return {
    source: new DockerSource({ settings, ...parts, isRegistering: registrar !== null, onContainers }),
    registrar,
  };
}

function createRegistrar(config: Config, { clock, random, log }: SharedParts): Registrar | null {
  if (!config.register) return null;
  const settings = consulSettingsFrom(config);
  const missing = [
    ...(config.docker === null ? ['--docker SOCKET (or DOCKER_HOST)'] : []),
    ...(settings === null ? ['--consul URL (or CONSUL_HTTP_ADDR)'] : []),
  ].join(' and ');
  if (settings === null || missing !== '') {
    throw new Error(`--register puts containers of Docker into Consul: give ${missing} too, or leave --register out`);
  }
  return new Registrar({
    settings,
    node: config.node,
    consulNode: config.consulNode ?? config.node,
    createId: randomUUID,
    clock,
    random,
    log,
  });
}
