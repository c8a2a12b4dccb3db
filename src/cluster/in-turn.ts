import { availableParallelism } from 'node:os';
import type { Clock } from '../core/clock.js';

/** A worker answers within a few milliseconds; from then on it no longer keeps the next ones waiting. */
const TURN_MS = 20;

/** So that the other cores go on with the traffic. */
const AT_ONCE = Math.max(1, availableParallelism() >> 1);

/**
 * Asks each of `workers`, a few at a time: a worker serves nobody while it gathers an answer of a megabyte, and all of them
 * at once would hold up all requests of the node.
 * @returns when all have answered; `ask` limits how long that takes
 */
export async function askInTurn<W>(
  workers: Iterable<W>,
  ask: (worker: W) => Promise<void>,
  clock: Clock,
  atOnce = AT_ONCE,
): Promise<void> {
  const waiting = workers[Symbol.iterator]();
  const answers: Promise<void>[] = [];
  const takeTurns = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      const answer = ask(next.value);
      answers.push(answer);
      await answerOrTurn(answer, clock);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, takeTurns));
  await Promise.all(answers);
}

function answerOrTurn(answer: Promise<void>, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(TURN_MS, resolve);
    answer.then(resolve, reject).finally(() => timer.cancel());
  });
}
