/**
 * One connection to Consul, for one request after the other, over the `consul` package.
 *
 * The package reads an answer to its end or to the deadline, however long it gets: a link that breaks within a body is not
 * noticed, and a body without an end fills the memory. So the agent watches its socket, and a request whose socket has
 * closed is over; and the body is gathered here, by the package's own extensions, up to the limit of the call.
 */
import { EventEmitter } from 'node:events';
import type { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import Consul from 'consul';
import { Agent as HttpAgent } from '../core/node-http.js';
import { reasonOf } from '../core/thrown.js';
import { readWholeFileSync, UnreadableFile } from '../core/whole-file.js';
import { AnswerBody } from './answer-body.js';
import { type GatheredAnswer, gatherBodies, type PackageError, type PackageResponse } from './consul-package.js';
import { ConsulFailure } from './failure.js';
import type { ConsulSettings } from './settings.js';

/** Options that every call of the package understands, though its types list them for some alone. */
export interface CallOptions {
  readonly ctx: EventEmitter & { readonly includeResponse: true };
  readonly timeout: number;
  readonly token?: string;
  readonly dc?: string;
}

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

type PackageCall = (consul: Consul, options: CallOptions) => Promise<unknown>;

interface CallLimits {
  /** For people, where the answer is too large: `the keys below autoproxy/apps/`. */
  readonly what: string;
  readonly deadlineMs: number;
  /** Of the body; the answer is cut off behind it. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** Consul's own are a few hundred bytes. */
const MAX_HEADER_BYTES = 65_536;
const MAX_TOKEN_BYTES = 65_536;
/** All authorities that a distribution knows are a quarter of that. */
const MAX_CERTIFICATE_BYTES = 1_048_576;

/** The call that is under way. */
interface CurrentCall extends GatheredAnswer {
  readonly cut: () => void;
}

export class ConsulConnection {
  readonly url: string;
  readonly #settings: ConsulSettings;
  #consul: Consul | null = null;
  #agent: Agent | null = null;
  /** The newest one; requests of old ones are over. */
  #socket: Duplex | null = null;
  #current: CurrentCall | null = null;
  #lastCall: Promise<unknown> = Promise.resolve();

  constructor(settings: ConsulSettings) {
    this.url = settings.url;
    this.#settings = settings;
  }

  /**
   * Makes one call, after those that were asked for before.
   * @param call gives the options on to the package
   * @returns answers of any status: Consul's statuses mean different things for different calls
   * @throws ConsulFailure when there is no answer at all
   */
  call(call: PackageCall, limits: CallLimits): Promise<Response> {
    const result = this.#lastCall.then(() => this.#callNow(call, limits));
    this.#lastCall = result.catch(() => {});
    return result;
  }

  async #callNow(call: PackageCall, limits: CallLimits): Promise<Response> {
    const ctx = Object.assign(new EventEmitter(), { includeResponse: true } as const);
    const cut = (): void => {
      ctx.emit('cancel');
    };
    const { signal, what, deadlineMs, maxBytes } = limits;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', cut);
    const body = new AnswerBody(maxBytes, () => {
      const reason = `it has more than the ${maxBytes} bytes that are read`;
      current.failure = new ConsulFailure('oversize', `the answer of ${this.url} for ${what} is cut off: ${reason}`);
      cut();
    });
    const current: CurrentCall = { url: this.url, body, failure: null, cut };
    this.#current = current;
    try {
      const result = await call(this.#client(), { ctx, timeout: deadlineMs, ...this.#identity() });
      if (current.failure !== null) throw current.failure;
      // With `includeResponse` each call gives its response and what it makes of it.
      const [response, value] = result as [PackageResponse, unknown];
      return { status: response.statusCode, headers: response.headers, body: value };
    } catch (error) {
      signal?.throwIfAborted();
      if (current.failure !== null) throw current.failure;
      const { response } = error as { readonly response?: PackageResponse };
      const isRefusal = response !== undefined && response.statusCode >= 300;
      if (!isRefusal) throw this.#failureFrom(error, limits, response !== undefined, body.bytes);
      return { status: response.statusCode, headers: response.headers, body: response.body };
    } finally {
      this.#current = null;
      signal?.removeEventListener('abort', cut);
    }
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = null;
    this.#consul = null;
  }

  #identity(): { readonly token?: string; readonly dc?: string } {
    const { token, tokenFile, datacenter } = this.#settings;
    const secret = tokenFile === null ? token : readText(tokenFile, 'the token', MAX_TOKEN_BYTES).trim();
    return {
      ...(secret === null || secret === '' ? {} : { token: secret }),
      ...(datacenter === null ? {} : { dc: datacenter }),
    };
  }

  /** Certificates are read when the first request needs them: a file that is not there yet is one more failure. */
  #client(): Consul {
    if (this.#consul !== null) return this.#consul;
    const { url, namespace, caFile, certFile, keyFile } = this.#settings;
    const socketPath = /^unix:\/\/(.+)$/.exec(url)?.[1];
    const agent = this.#createAgent(url.startsWith('https:'));
    const options = {
      agent,
      baseUrl: `${socketPath === undefined ? url : 'http://localhost'}/v1`,
      maxHeaderSize: MAX_HEADER_BYTES,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(namespace === null ? {} : { headers: { 'x-consul-namespace': namespace } }),
      ...(caFile === null ? {} : { ca: readText(caFile, 'the certificate of the authority', MAX_CERTIFICATE_BYTES) }),
      ...(certFile === null ? {} : { cert: readText(certFile, 'the certificate', MAX_CERTIFICATE_BYTES) }),
      ...(keyFile === null ? {} : { key: readText(keyFile, 'the key', MAX_CERTIFICATE_BYTES) }),
    };
    this.#agent = agent;
    // The package hands what its types do not name to the HTTP client below it.
    this.#consul = new Consul(options as ConstructorParameters<typeof Consul>[0]);
    gatherBodies(this.#consul, () => this.#current);
    return this.#consul;
  }

  #createAgent(isSecure: boolean): Agent {
    const options = { keepAlive: true, maxSockets: 1 };
    const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options);
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (...args: Parameters<typeof connect>): Duplex | null | undefined => {
      const socket = connect(...args);
      this.#socket = socket ?? null;
      // Not at once: a request that waited for the end of this socket gets another one first.
      socket?.once('close', () => setImmediate(() => this.#socket === socket && this.#current?.cut()));
      return socket;
    };
    return agent;
  }

  #failureFrom(error: unknown, { deadlineMs }: CallLimits, isAnswered: boolean, bytes: number): ConsulFailure {
    if (error instanceof ConsulFailure) return error;
    const { isTimeout, isAbort, code } = error as PackageError;
    if (isTimeout) {
      const done = bytes === 0 ? 'said nothing for' : `did not come to the end of an answer (${bytes} bytes so far) in`;
      return new ConsulFailure('late', `Consul at ${this.url} ${done} ${deadlineMs / 1_000} s`, error);
    }
    const reason = isAbort
      ? 'the connection broke within an answer'
      : reasonOf(error).replace(/^consul: ([\w.]+: )?/, '');
    return isAnswered || code?.startsWith('HPE_') === true
      ? new ConsulFailure('malformed', `the answer of ${this.url} is unusable: ${reason}`, error)
      : new ConsulFailure('unreachable', `Consul at ${this.url} is unreachable: ${reason}`, error);
  }
}

function readText(file: string, what: string, maxBytes: number): string {
  try {
    return readWholeFileSync(file, maxBytes);
  } catch (error) {
    const place = error instanceof UnreadableFile ? `${file}: ` : '';
    throw new ConsulFailure('unprepared', `reading ${what} failed: ${place}${reasonOf(error)}`, error);
  }
}
