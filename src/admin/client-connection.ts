/** How a command asks the admin API: a request at the port or at the unix socket of a node, and its whole answer in time. */
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { GatheredBytes } from '../core/gathered-bytes.js';
import { request } from '../core/node-http.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { escapeText } from '../model/problem.js';
import { AdminClientError, NAME_IT } from './client-error.js';
import { BY_FIELD, REQUEST_FIELD } from './endpoints.js';

export interface AdminClientOptions {
  /** `ADDR:PORT` or `unix:/PATH`, as in --admin. */
  readonly address: string;
  /** Who asks, such as `ada@pts/1`; it stands beside what was decided. */
  readonly by?: string;
  /** What the node asks for at its port. */
  readonly token?: string;
  /** For the whole of one request. */
  readonly timeoutMs?: number;
}

interface TextAnswer {
  readonly status: number;
  readonly text: string;
}

const DEFAULT_TIMEOUT_MS = 5_000;
/** A state document of 500 apps is a few megabytes; a larger answer does not come from a node. */
const MAX_ANSWER_BYTES = 67_108_864;

export class ClientConnection {
  readonly address: string;
  readonly #by: string | null;
  readonly #token: string | null;
  readonly #timeoutMs: number;
  readonly #origin: string;
  readonly #socketPath: string | undefined;
  readonly #underWay = new Set<ClientRequest>();

  /** @throws AdminClientError when the address is none */
  constructor({ address, by, token, timeoutMs = DEFAULT_TIMEOUT_MS }: AdminClientOptions) {
    this.address = address;
    this.#by = by ?? null;
    this.#token = token ?? null;
    this.#timeoutMs = timeoutMs;
    this.#socketPath = /^unix:(\/[^\0]+)$/.exec(address)?.[1];
    this.#origin = this.#socketPath === undefined ? originOf(address) : 'http://localhost';
  }

  /**
   * Each on a connection of its own, so that none meets the end of an idle one.
   * @param waitMs how long the node may wait before it answers
   * @throws AdminClientError when no answer comes
   */
  async ask(method: 'GET' | 'POST', path: string, waitMs = 0): Promise<TextAnswer> {
    const by = this.#by === null ? {} : { [BY_FIELD]: escapeText(this.#by) };
    const token = this.#token === null ? {} : { authorization: `Bearer ${this.#token}` };
    const deadline = AbortSignal.timeout(this.#timeoutMs + waitMs);
    const asked = request(this.#origin, {
      ...{ socketPath: this.#socketPath, agent: false, method, path },
      headers: { [REQUEST_FIELD]: '1', ...by, ...token },
      signal: deadline,
      timeout: this.#timeoutMs,
    });
    // Node says it of a connection on which nothing happens, and a node that waits says nothing.
    asked.on('timeout', () => {
      if (asked.socket?.connecting === true) asked.destroy(this.#lateAnswer());
    });
    this.#underWay.add(asked);
    try {
      asked.end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      const gathered = new GatheredBytes(MAX_ANSWER_BYTES);
      for await (const piece of answer as AsyncIterable<Buffer>) if (!gathered.add(piece)) throw this.#tooLarge();
      return { status: answer.statusCode ?? 0, text: gathered.text() };
    } catch (error) {
      throw this.#failureFrom(deadline.aborted ? this.#lateAnswer(error) : error);
    } finally {
      this.#underWay.delete(asked);
      asked.destroy();
    }
  }

  /** Ends what it asks; who waits for that gets an AdminClientError. */
  close(): void {
    for (const asked of this.#underWay) asked.destroy();
  }

  #tooLarge(): AdminClientError {
    const said = `the answer of ${this.address} has more than the ${MAX_ANSWER_BYTES} bytes that are read`;
    return new AdminClientError('foreign', `${said}; it is not an autoproxy node`, NAME_IT);
  }

  #lateAnswer(cause?: unknown): AdminClientError {
    const said = `${this.address} did not answer within ${this.#timeoutMs / 1_000} s`;
    return new AdminClientError('timeout', said, 'check the address, and the log of the node', null, cause);
  }

  #failureFrom(error: unknown): AdminClientError {
    if (error instanceof AdminClientError) return error;
    const code = codeOf(error);
    if (code === 'EACCES') {
      const hint = 'ask as a user of its group (ls -l shows it), or at the port: --admin ADDR:PORT';
      return new AdminClientError('unreachable', `this user may not use ${this.address}`, hint, null, error);
    }
    if (code === 'ECONNREFUSED' || (code === 'ENOENT' && this.address.startsWith('unix:'))) {
      return new AdminClientError('unreachable', `nothing listens on ${this.address}`, NAME_IT, null, error);
    }
    if (code.startsWith('HPE_')) {
      const said = `what listens on ${this.address} is not an autoproxy node`;
      return new AdminClientError('foreign', said, NAME_IT, null, error);
    }
    const reason = code === 'ECONNRESET' ? 'other side closed' : escapeText(reasonOf(error));
    const said = `no answer from ${this.address}: ${reason}`;
    return new AdminClientError('unreachable', said, NAME_IT, null, error);
  }
}

function originOf(address: string): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+):(\d{1,5})$/.exec(address);
  const origin =
    match !== null && Number(match[2]) > 0 && URL.canParse(`http://${address}`) ? `http://${address}` : null;
  if (origin !== null) return origin;
  const hint = 'write ADDR:PORT, such as 127.0.0.1:1936 or [::1]:1936';
  throw new AdminClientError('unreachable', `"${escapeText(address)}" is not an address with a port`, hint);
}
