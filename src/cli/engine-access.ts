/** The containers of a Docker engine, as commands ask for them. */
import type { ContainerFacts } from '../docker/facts.js';
import { inspectContainer } from '../docker/reads.js';
import { stopContainer } from '../docker/writes.js';
import { containerWords } from '../model/container-words.js';
import { MIN_ID_DIGITS } from '../model/find-instance.js';
import { escapeText } from '../model/problem.js';
import type { DockerOptionValues } from './docker-flag.js';
import { withDocker } from './docker-option.js';
import { CommandFailure } from './exit-codes.js';

export interface Engine {
  /** @throws CommandFailure for a word that names no container, or one that would name another tomorrow */
  inspect(word: string): Promise<ContainerFacts>;
  /** @param timeMs from its stop signal to KILL */
  stop(container: ContainerFacts, timeMs: number): Promise<void>;
}

/** @throws CommandFailure that says what to do */
export async function askEngine<T>(
  docker: DockerOptionValues,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  ask: (engine: Engine) => Promise<T>,
): Promise<T> {
  return withDocker(docker, env, signal, (connection) =>
    ask({
      inspect: async (word) => {
        const facts = /^[a-zA-Z0-9]/.test(word) ? await inspectContainer(connection, word, signal) : null;
        if (facts !== null) return named(facts, word);
        throw new CommandFailure(`Docker has no container "${escapeText(word)}"`, 'docker ps -a shows what there is');
      },
      stop: async ({ id }, timeMs) => {
        // One that is over or gone is as it shall be.
        await stopContainer(connection, id, Math.ceil(timeMs / 1_000), signal);
      },
    }),
  );
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
