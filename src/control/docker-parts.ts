import type { Config } from '../config/config.js';
import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { dockerSettingsFrom } from '../docker/settings.js';
import { DockerSource } from '../sources/docker.js';

/** What a node has beside a Docker engine. */
interface DockerParts {
  readonly source: DockerSource;
}

/** @returns null when no engine was named */
export function createDockerParts(
  config: Config,
  parts: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): DockerParts | null {
  const settings = dockerSettingsFrom(config);
  return settings === null ? null : { source: new DockerSource({ settings, ...parts }) };
}
