/**
 * Consul and Docker are loaded only by a node that has them: both took 0.2 s of the 0.55 s of processor time that a
 * start takes.
 */
import type { Config } from '../config/config.js';
import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { ConsulParts } from './consul-parts.js';
import type { DockerParts } from './docker-parts.js';

interface SharedParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** @returns null when no Consul was named. @throws Error that says what to do, when the pod is not known */
export async function loadConsulParts(config: Config, parts: SharedParts): Promise<ConsulParts | null> {
  if (config.consul === null) return null;
  const { createConsulParts } = await import('./consul-parts.js');
  return createConsulParts(config, parts);
}

/** @returns null when no engine was named. @throws Error that says what to do, when containers cannot be registered */
export async function loadDockerParts(config: Config, parts: SharedParts): Promise<DockerParts | null> {
  if (config.docker === null && !config.register) return null;
  const { createDockerParts } = await import('./docker-parts.js');
  return createDockerParts(config, parts);
}
