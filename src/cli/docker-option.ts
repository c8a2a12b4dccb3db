/** How commands reach a Docker engine. */
import { ConfigError, hostInputs, loadOptions } from '../config/option-places.js';
import { systemClock } from '../core/clock.js';
import { DockerConnection } from '../docker/connection.js';
import { DockerFailure } from '../docker/failure.js';
import { DOCKER_OPTIONS, type DockerSettings, dockerSettingsFrom } from '../docker/settings.js';
import { controlAddresses } from '../docker/swarm-reads.js';
import { DEFAULT_SOCKET, type DockerOptionValues } from './docker-flag.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';

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
    if (error instanceof DockerFailure) throw new CommandFailure(await wordsOf(error, connection));
    throw error;
  } finally {
    connection.close();
  }
}

/** A worker of a Swarm knows where its managers are. */
async function wordsOf({ kind, message }: DockerFailure, connection: DockerConnection): Promise<string> {
  if (kind !== 'notManager') return message;
  const { signal } = new AbortController();
  const addresses = await controlAddresses(connection, signal).catch(() => []);
  // The port that they say is that of Swarm, and no Docker answers there.
  const hosts = addresses.map((address) => address.replace(/:\d+$/, ''));
  return addresses.length === 0 ? message : `${message}; its managers are on ${hosts.join(', ')}`;
}

/** As a node is told, and the socket that Docker's own tools take where nothing is said. */
function readDockerSettings(url: string | undefined, env: NodeJS.ProcessEnv): DockerSettings {
  try {
    const options = loadOptions(DOCKER_OPTIONS, hostInputs({ docker: url }, env)).values;
    return dockerSettingsFrom({ ...options, docker: options.docker ?? DEFAULT_SOCKET }) as DockerSettings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure(error.message, null, EXIT_CODES.usage);
  }
}
