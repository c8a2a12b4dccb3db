/** The Docker engine, as commands ask it. */
import { ConfigError, hostInputs, loadOptions } from '../config/load.js';
import { systemClock } from '../core/clock.js';
import { DockerConnection } from '../docker/connection.js';
import type { ContainerFacts } from '../docker/facts.js';
import { DockerFailure } from '../docker/failure.js';
import { inspectContainer } from '../docker/reads.js';
import { DOCKER_OPTIONS, type DockerSettings, dockerSettingsFrom } from '../docker/settings.js';
import { stopContainer } from '../docker/writes.js';
import { containerWords } from '../model/container-words.js';
import { MIN_ID_DIGITS } from '../model/find-instance.js';
import { escapeText } from '../model/problem.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';

export const DEFAULT_SOCKET = 'unix:///var/run/docker.sock';

export interface Engine {
  /** @throws CommandFailure for a word that names no container, or one that would name another tomorrow */
  inspect(word: string): Promise<ContainerFacts>;
  /** @param timeMs from its stop signal to KILL */
  stop(container: ContainerFacts, timeMs: number): Promise<void>;
}

/** @throws CommandFailure that says what to do */
export async function askEngine<T>(
  settings: DockerSettings,
  signal: AbortSignal,
  ask: (engine: Engine) => Promise<T>,
): Promise<T> {
  const connection = new DockerConnection(settings, systemClock);
  try {
    await connection.negotiate(signal);
    return await ask({
      inspect: async (word) => {
        const facts = /^[a-zA-Z0-9]/.test(word) ? await inspectContainer(connection, word, signal) : null;
        if (facts !== null) return named(facts, word);
        throw new CommandFailure(`Docker has no container "${escapeText(word)}"`, 'docker ps -a shows what there is');
      },
      stop: async ({ id }, timeMs) => {
        // One that is over or gone is as it shall be.
        await stopContainer(connection, id, Math.ceil(timeMs / 1_000), signal);
      },
    });
  } catch (error) {
    if (error instanceof DockerFailure) throw new CommandFailure(error.message);
    throw error;
  } finally {
    connection.close();
  }
}

/**
 * The engine takes any beginning of an id that fits one of its containers, so a slip of one or two letters would stop one.
 * @throws CommandFailure
 */
function named(facts: ContainerFacts, word: string): ContainerFacts {
  if (facts.name === word || word.length >= MIN_ID_DIGITS) return facts;
  const message = `"${escapeText(word)}" is too short for the id of ${escapeText(containerWords(facts))}`;
  throw new CommandFailure(message, `write its name, or at least ${MIN_ID_DIGITS} digits of its id`);
}

/** As a node is told, and the socket that Docker's own tools take where nothing is said. */
export function readDockerSettings(url: string | undefined, env: NodeJS.ProcessEnv): DockerSettings {
  try {
    const options = loadOptions(DOCKER_OPTIONS, hostInputs({ docker: url }, env));
    return dockerSettingsFrom({ ...options, docker: options.docker ?? DEFAULT_SOCKET }) as DockerSettings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure(error.message, null, EXIT_CODES.usage);
  }
}
