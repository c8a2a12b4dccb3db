import { Pool } from 'undici';
import type { Clock } from '../core/clock.js';
import { GatheredBytes } from '../core/gathered-bytes.js';
import { commonVersion } from './api-versions.js';
import { failureFrom, refusalFrom, saidIn } from './connection-failures.js';
import { type Endpoint, endpointOf, readTlsFiles } from './endpoint.js';
import { DockerFailure } from './failure.js';
import type { DockerSettings } from './settings.js';

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Behind the version: `/containers/json?all=1`. */
  readonly path: string;
  /** For people, where it fails: `the list of containers`. */
  readonly what: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** The password for a registry (X-Registry-Auth); no message shows it. null: none is sent. */
  readonly registryAuth?: string | null;
  /** Statuses that the caller understands; 200 alone unless told otherwise. */
  readonly statuses?: readonly number[];
  /** Of the body; an answer that is larger fails. */
  readonly maxBytes: number;
  /** For the whole of it; of a stream, for its head. */
  readonly deadlineMs: number;
}

interface ParsedAnswer {
  readonly status: number;
  /** Of a 200 or 201; null: the answer has another status. */
  readonly value: unknown;
  /** Why it was refused, of any other status, in the engine's words. */
  readonly said: string;
}

interface Answer {
  readonly status: number;
  readonly apiVersion: string;
  readonly server: string;
  readonly text: string;
}

/** Inspections at one time, the event stream, and one list. */
const MAX_SOCKETS = 10;
const CONNECT_MS = 2_000;
const PING_MS = 5_000;
/** The engine's own are a few hundred bytes. */
const MAX_HEAD_BYTES = 65_536;
const MAX_PING_BYTES = 65_536;
/** Of an answer that refuses. */
const MAX_REFUSAL_BYTES = 65_536;
const JSON_FIELDS = { 'content-type': 'application/json' };

/** The connections to one engine, from a ping to the first failure: whoever goes on makes a new one, by path. */
export class DockerConnection {
  readonly endpoint: Endpoint;
  readonly #settings: DockerSettings;
  readonly #clock: Clock;
  #pool: Pool | null = null;
  #prefix: string | null = null;

  constructor(settings: DockerSettings, clock: Clock) {
    this.endpoint = endpointOf(settings);
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Agrees on a version of the API; called before all else. @throws DockerFailure */
  async negotiate(signal: AbortSignal): Promise<string> {
    const ping = {
      method: 'GET',
      path: '/_ping',
      what: 'a ping',
      maxBytes: MAX_PING_BYTES,
      deadlineMs: PING_MS,
    } as const;
    const { apiVersion, server } = await this.#ask(ping, '', signal);
    const version = commonVersion(this.endpoint.url, apiVersion, server);
    this.#prefix = `/v${version}`;
    return version;
  }

  /**
   * One call whose answer is JSON.
   * @throws DockerFailure when there is no answer, or another status than those that are understood
   */
  async call(call: Call, signal: AbortSignal): Promise<ParsedAnswer> {
    const { status, text } = await this.#ask(call, this.#versionPrefix(), signal);
    if (status !== 200 && status !== 201) return { status, value: null, said: saidIn(text) };
    // A removal is answered with 200 and nothing.
    if (text === '') return { status, value: null, said: '' };
    try {
      return { status, value: JSON.parse(text) as unknown, said: '' };
    } catch (error) {
      const message = `${call.what}, as Docker at ${this.endpoint.url} gave it, is not JSON`;
      throw new DockerFailure('malformed', message, error);
    }
  }

  /** Opens an answer without an end. @returns its body, once the head is there. @throws DockerFailure */
  async open(call: Omit<Call, 'maxBytes'>, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const limit = this.#limit(call.deadlineMs, signal);
    try {
      // What is silent between two events is well.
      const path = this.#versionPrefix() + call.path;
      const limits = { headersTimeout: 0, bodyTimeout: 0, signal: limit.signal };
      const { statusCode, body } = await this.#connected().request({ method: call.method, path, ...limits });
      if (statusCode !== 200) throw await this.#refusal(statusCode, body, call.what);
      limit.lift();
      return body as AsyncIterable<Buffer>;
    } catch (error) {
      throw this.#failureOf(error, limit, call, signal);
    }
  }

  /** Ends all its calls. */
  close(): void {
    this.#pool?.destroy().catch(() => {});
    this.#pool = null;
  }

  async #ask(call: Call, prefix: string, signal: AbortSignal): Promise<Answer> {
    const { method, path, what, maxBytes, statuses = [200], deadlineMs } = call;
    const headers = {
      ...(call.body === undefined ? {} : JSON_FIELDS),
      ...(call.registryAuth == null ? {} : { 'x-registry-auth': call.registryAuth }),
    };
    const sent = call.body === undefined ? { headers } : { headers, body: JSON.stringify(call.body) };
    const limit = this.#limit(deadlineMs, signal);
    try {
      const limits = { headersTimeout: 0, bodyTimeout: 0, signal: limit.signal };
      const {
        statusCode,
        headers: fields,
        body,
      } = await this.#connected().request({
        method,
        path: prefix + path,
        ...sent,
        ...limits,
      });
      if (!statuses.includes(statusCode)) throw await this.#refusal(statusCode, body, what);
      const text = await gather(body, maxBytes);
      if (text === null) {
        const reason = `it has more than the ${maxBytes} bytes that are read`;
        throw new DockerFailure(
          'oversize',
          `${what}, as Docker at ${this.endpoint.url} gave it, is cut off: ${reason}`,
        );
      }
      const apiVersion = String(fields['api-version'] ?? '');
      return { status: statusCode, apiVersion, server: String(fields.server ?? ''), text };
    } catch (error) {
      throw this.#failureOf(error, limit, call, signal);
    } finally {
      limit.settle();
    }
  }

  async #refusal(status: number, body: AsyncIterable<Buffer>, what: string): Promise<DockerFailure> {
    return refusalFrom(status, (await gather(body, MAX_REFUSAL_BYTES)) ?? '', what, this.endpoint);
  }

  #failureOf(
    error: unknown,
    limit: Limit,
    { what, deadlineMs }: Omit<Call, 'maxBytes'>,
    signal: AbortSignal,
  ): DockerFailure {
    if (signal.aborted) return new DockerFailure('cut', 'stopped', error);
    if (!limit.isOver()) return failureFrom(error, this.endpoint);
    const words = `Docker at ${this.endpoint.url} gave no whole answer for ${what} in ${deadlineMs / 1_000} s; does its machine hang?`;
    return new DockerFailure('late', words, error);
  }

  #limit(deadlineMs: number, signal: AbortSignal): Limit {
    const abort = new AbortController();
    const end = (): void => abort.abort();
    let isOver = false;
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    const timer = this.#clock.setTimer(deadlineMs, () => {
      isOver = true;
      end();
    });
    const settle = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
    };
    return { signal: abort.signal, isOver: () => isOver, lift: () => timer.cancel(), settle };
  }

  #versionPrefix(): string {
    if (this.#prefix === null) throw new Error('a call before the version was agreed on');
    return this.#prefix;
  }

  #connected(): Pool {
    if (this.#pool !== null) return this.#pool;
    const { origin, socketPath } = this.endpoint;
    const connect = {
      ...readTlsFiles(this.endpoint, this.#settings),
      ...(socketPath === null ? {} : { socketPath }),
      timeout: CONNECT_MS,
    };
    this.#pool = new Pool(origin, { connect, connections: MAX_SOCKETS, pipelining: 1, maxHeaderSize: MAX_HEAD_BYTES });
    return this.#pool;
  }
}

/** The time that a call has. */
interface Limit {
  readonly signal: AbortSignal;
  isOver(): boolean;
  /** The call may take any time from now on. */
  lift(): void;
  /** The call is over. */
  settle(): void;
}

/** @returns null when there is more than the limit */
async function gather(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string | null> {
  const gathered = new GatheredBytes(maxBytes);
  for await (const piece of body) {
    // Leaving the loop ends the connection.
    if (!gathered.add(piece)) return null;
  }
  return gathered.text();
}
