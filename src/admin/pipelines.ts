import type { Socket } from 'node:net';

/** Programs that people use ask again when they have read the answer; who sends more than this ahead is cut off. */
const MOST_AHEAD = 16;

interface Pipeline {
  /** When all that came before are answered. */
  answered: Promise<void>;
  waiting: number;
}

/**
 * The requests of one connection are answered one after the other, each when the answer before it has left: an answer that
 * nobody reads keeps the next ones from being made. Those of a connection that is gone are not answered.
 */
export class Pipelines {
  readonly #bySocket = new WeakMap<Socket, Pipeline>();

  /** Resolves when it has been answered, or its connection is gone. */
  answer(socket: Socket, answer: () => Promise<void>): Promise<void> {
    const pipeline = this.#bySocket.get(socket) ?? { answered: Promise.resolve(), waiting: 0 };
    this.#bySocket.set(socket, pipeline);
    if (pipeline.waiting > MOST_AHEAD) {
      socket.destroy();
      return Promise.resolve();
    }
    pipeline.waiting += 1;
    const inTurn = async (): Promise<void> => {
      try {
        if (!socket.destroyed) await answer();
      } finally {
        pipeline.waiting -= 1;
      }
    };
    pipeline.answered = pipeline.answered.then(inTurn, inTurn);
    return pipeline.answered;
  }
}
