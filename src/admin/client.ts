/** The admin API of a node as the command line sees it; each failure says what to do. */
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { GatheredBytes } from '../core/gathered-bytes.js';
import { request } from '../core/node-http.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import type { AdminState } from '../model/app.js';
import { escapeText } from '../model/problem.js';
import type { ConfigDocument } from './config-document.js';
import { BY_FIELD, endpointPath, REQUEST_FIELD } from './endpoints.js';
import type { EventsDocument, EventsQuery } from './events-document.js';
import { eventsQueryText } from './events-query.js';
import type { SessionsDocument } from './sessions-document.js';
import type { StateDocument } from './state-document.js';
import type { WhyDocument } from './why-document.js';

interface AdminClientOptions {
  /** `ADDR:PORT` or `unix:/PATH`, as in --admin. */
  readonly address: string;
  /** Who asks, such as `ada@pts/1`; it stands beside what was decided. */
  readonly by?: string;
  /** What the node asks for at its port. */
  readonly token?: string;
  /** For the whole of one request. */
  readonly timeoutMs?: number;
}

/** In force; `saved: false` means that a restart of the node forgets it, and `reason` says why. */
export interface StateChange {
  readonly app: string;
  readonly instance: string | null;
  readonly state: AdminState;
  readonly saved: boolean;
  readonly reason?: string;
}

export type AdminClientErrorKind =
  /** Nobody listens, or the address is none. */
  | 'unreachable'
  /** Somebody listens and does not answer in time. */
  | 'timeout'
  /** Something answers, but not a node that this client understands. */
  | 'foreign'
  /** The node says no. */
  | 'refused';

/** `message` says what happened, `hint` what to do. */
export class AdminClientError extends Error {
  readonly kind: AdminClientErrorKind;
  readonly hint: string;
  /** The HTTP status, where there was an answer. */
  readonly status: number | null;

  constructor(
    kind: AdminClientErrorKind,
    message: string,
    hint: string,
    status: number | null = null,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'AdminClientError';
    this.kind = kind;
    this.hint = hint;
    this.status = status;
  }
}

const DEFAULT_TIMEOUT_MS = 5_000;
/** A state document of 500 apps is a few megabytes; a larger answer does not come from a node. */
const MAX_ANSWER_BYTES = 67_108_864;
const NAME_IT =
  'start the node (autoproxy node), or name the address of a running one with --admin ADDR:PORT or unix:/PATH';

const MAX_REASON_LENGTH = 1_000;

interface TextAnswer {
  readonly status: number;
  readonly text: string;
}

export class AdminClient {
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

  /** @throws AdminClientError */
  async readState(): Promise<StateDocument> {
    return (await this.#readDocument(endpointPath('state'), 'apps')) as StateDocument;
  }

  /** @throws AdminClientError; `refused` with status 404 for an app that nobody has heard of */
  async readWhy(app: string): Promise<WhyDocument> {
    return (await this.#readDocument(endpointPath('why', { app }), 'definitions')) as WhyDocument;
  }

  /** @throws AdminClientError */
  async readEvents(query: Partial<EventsQuery> = {}): Promise<EventsDocument> {
    const path = endpointPath('events') + eventsQueryText(query);
    return (await this.#readDocument(path, 'events', query.waitMs)) as EventsDocument;
  }

  /** @param app null: of all. @throws AdminClientError */
  async readSessions(app: string | null): Promise<SessionsDocument> {
    const query = app === null ? '' : `?app=${encodeURIComponent(app)}`;
    return (await this.#readDocument(endpointPath('sessions') + query, 'sessions')) as SessionsDocument;
  }

  /** @throws AdminClientError */
  async readConfig(): Promise<ConfigDocument> {
    return (await this.#readDocument(endpointPath('config'), 'options')) as ConfigDocument;
  }

  /** @param list a field that the document has, and that is a list */
  async #readDocument(path: string, list: string, waitMs = 0): Promise<unknown> {
    const { status, text } = await this.#request('GET', path, waitMs);
    const document = documentFrom(text);
    const version = fieldOf(document, 'version');
    if (status === 200 && version === 1 && Array.isArray(fieldOf(document, list))) return document;
    if (status === 200 && typeof version === 'number') {
      const hint = 'use the autoproxy command of the same release as the node';
      throw new AdminClientError('foreign', `the node at ${this.address} runs another release`, hint, status);
    }
    throw this.#refusalFrom(status, document);
  }

  /**
   * @returns null when the node is ready, else what it says about itself, such as `not ready: no slot is bound: ...`
   * @throws AdminClientError when it does not answer at all
   */
  async readNotReady(): Promise<string | null> {
    const { status, text } = await this.#request('GET', endpointPath('ready'));
    if (status === 200) return null;
    if (status === 503) return escapeText(text.trim().slice(0, MAX_REASON_LENGTH));
    throw this.#refusalFrom(status, documentFrom(text));
  }

  /**
   * @param instance `ip:port`, a container by name or id, or null for all instances of the app
   * @throws AdminClientError; `refused` with status 404 when there is no such app or instance
   */
  async setAdminState(app: string, instance: string | null, state: AdminState): Promise<StateChange> {
    const path =
      instance === null
        ? endpointPath('set-app-state', { app, state })
        : endpointPath('set-instance-state', { app, id: instance, state });
    const { status, text } = await this.#request('POST', path);
    const document = documentFrom(text);
    if (status === 200 && typeof fieldOf(document, 'saved') === 'boolean') return document as StateChange;
    throw this.#refusalFrom(status, document);
  }

  /** @throws AdminClientError; `refused` with status 404 when nothing of this source is held back */
  async acceptRemoval(source: string): Promise<void> {
    const { status, text } = await this.#request('POST', endpointPath('accept-removal', { name: source }));
    const document = documentFrom(text);
    if (status !== 200 || fieldOf(document, 'accepted') !== true) throw this.#refusalFrom(status, document);
  }

  /** Ends what it asks; who waits for that gets an AdminClientError. */
  close(): void {
    for (const asked of this.#underWay) asked.destroy();
  }

  /**
   * Each on a connection of its own, so that none meets the end of an idle one.
   * @param waitMs how long the node may wait before it answers
   */
  async #request(method: 'GET' | 'POST', path: string, waitMs = 0): Promise<TextAnswer> {
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

  #refusalFrom(status: number, document: unknown): AdminClientError {
    const said = fieldOf(document, 'error');
    if (typeof said !== 'string') {
      const message = `what listens on ${this.address} is not an autoproxy node (it answered ${status})`;
      return new AdminClientError('foreign', message, NAME_IT, status);
    }
    const hint = fieldOf(document, 'hint');
    const advice = typeof hint === 'string' ? hint : 'autoproxy status lists apps and instances';
    return new AdminClientError('refused', escapeText(said), escapeText(advice), status);
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

/** @returns null for text that is not JSON */
function documentFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fieldOf(document: unknown, name: string): unknown {
  return typeof document === 'object' && document !== null
    ? Object.getOwnPropertyDescriptor(document, name)?.value
    : undefined;
}
