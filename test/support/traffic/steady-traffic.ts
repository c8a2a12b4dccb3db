import { Agent, get } from 'node:http';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.js';
import { eventually } from '../eventually.js';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One GET; rejects when the connection fails. Without an agent each has a connection of its own. */
export function ask(host: string, port: number, path = '/', agent: Agent | false = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path, agent }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (part: string) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

/** Asks until this is the answer: a change of the desired state reaches the workers a moment after the admin API says it. */
export async function untilAnswered(host: string, port: number, wanted: Answer): Promise<void> {
  await eventually(`${host}:${port} answers ${wanted.status} ${wanted.body}`, async () => {
    const answer = await ask(host, port).catch(() => null);
    return answer?.status === wanted.status && answer.body === wanted.body;
  });
}

interface Density {
  readonly clients?: number;
  /** Of each client between two requests: by default some hundred a second of all clients, which leaves a core to those whom they ask. */
  readonly pauseMs?: number;
}

/** A few clients with kept connections that ask one after another, until they are told to stop. */
export class SteadyTraffic {
  /** Answers of 200. */
  served = 0;
  /** Other answers, and connections that failed. */
  readonly failures: string[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #clients: readonly Promise<void>[];
  readonly #pauseMs: number;
  #isOver = false;

  constructor(context: TestContext, host: string, port: number, { clients = 4, pauseMs = 5 }: Density = {}) {
    this.#pauseMs = pauseMs;
    atEnd(context, () => this.stop());
    this.#clients = Array.from({ length: clients }, () => this.#run(host, port));
  }

  /** Resolves when this many more requests were served: what has happened meanwhile has met traffic. */
  more(count: number): Promise<void> {
    const wanted = this.served + count;
    return eventually(`${wanted} requests were served`, () => this.served >= wanted || this.failures.length > 0);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #run(host: string, port: number): Promise<void> {
    while (!this.#isOver) {
      const { status } = await ask(host, port, '/', this.#agent).catch((error: Error) => ({ status: error.message }));
      if (status === 200) this.served += 1;
      else this.failures.push(String(status));
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    }
  }
}
