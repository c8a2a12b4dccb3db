/** How commands reach a Docker engine. */
import type { Command } from 'commander';
import { ConfigError, hostInputs, loadOptions } from '../config/load.js';
import { systemClock } from '../core/clock.js';
import { DockerConnection } from '../docker/connection.js';
import { DockerFailure } from '../docker/failure.js';
import { DOCKER_OPTIONS, type DockerSettings, dockerSettingsFrom } from '../docker/settings.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';

const DEFAULT_SOCKET = 'unix:///var/run/docker.sock';

export interface DockerOptionValues {
  readonly docker?: string;
}

export function addDockerOption(command: Command): Command {
  return command.option(
    '--docker <SOCKET>',
    `where Docker answers (env: AUTOPROXY_DOCKER, DOCKER_HOST, default: ${DEFAULT_SOCKET})`,
  );
}

/** @throws CommandFailure in place of a DockerFailure */
export async function withDocker<T>(
  { docker }: DockerOptionValues,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  work: (connection: DockerConnection) => Promise<T>,
): Promise<T> {
  const connection = new DockerConnection(readDockerSettings(docker, env), systemClock);
  try {
    await connection.negotiate(signal);
    return await work(connection);
  } catch (error) {
    if (error instanceof DockerFailure) throw new CommandFailure(error.message);
    throw error;
  } finally {
    connection.close();
  }
}

/** As a node is told, and the socket that Docker's own tools take where nothing is said. */
function readDockerSettings(url: string | undefined, env: NodeJS.ProcessEnv): DockerSettings {
  try {
    const options = loadOptions(DOCKER_OPTIONS, hostInputs({ docker: url }, env));
    return dockerSettingsFrom({ ...options, docker: options.docker ?? DEFAULT_SOCKET }) as DockerSettings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure(error.message, null, EXIT_CODES.usage);
  }
}
