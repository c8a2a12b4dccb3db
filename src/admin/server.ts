/**
 * The admin API of one node over HTTP, at a port and at a unix socket. It believes no Host but its own (DNS rebinding),
 * asks for a token where it has one, and changes nothing for a request that a web page could have sent.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Clock, systemClock } from '../core/clock.js';
import { type Log, silentLog } from '../core/log.js';
import { reasonOf } from '../core/thrown.js';
import { Exposition } from '../metrics/exposition/exposition.js';
import { escapeText } from '../model/problem.js';
import { type Way, wayOf } from './access.js';
import type { AdminNode } from './admin-node.js';
import type { AdminTokens } from './admin-tokens.js';
import type { Answer } from './answer.js';
import { type AnswerParts, answerEndpoint, failureAnswer } from './answers.js';
import { byOf } from './caller.js';
import { Gate } from './gate.js';
import { pathOfUrl } from './haproxy/statistics-url.js';
import { type FindPortHolder, type ListenAddress, Listener } from './listener.js';
import { PageAssets } from './page/assets.js';
import { EventStreams } from './page/event-stream.js';
import { Pipelines } from './pipelines.js';
import { tooLargeAnswer, tooManyStreamsAnswer } from './refusals.js';
import type { UnixSocketPlace } from './unix-socket.js';

export interface AdminServerOptions {
  readonly node: AdminNode;
  /** An IP address and a port; port 0 lets the system choose. */
  readonly address: ListenAddress;
  /** Where it listens beside the port; null: nowhere. */
  readonly socket?: AdminSocketPlace | null;
  /** What requests at the port must have one of; null: nothing. */
  readonly tokens?: AdminTokens | null;
  /** Names that this node is called by, beside localhost and IP addresses. */
  readonly hostNames?: readonly string[];
  readonly findPortHolder?: FindPortHolder;
  readonly log?: Log;
  readonly clock?: Clock;
}

interface AdminSocketPlace extends UnixSocketPlace {
  /** The API goes without it where it cannot be had: nobody asked for it. */
  readonly isDefault: boolean;
}

/** No endpoint needs a body. */
const MAX_BODY_BYTES = 65_536;
/** A peer that does not read its answer must not hold up the end of the node. */
const CLOSE_TIMEOUT_MS = 1_000;

const SAFE_FIELDS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  // A browser that knows the password sends it for what a page of others embeds; the page must not get the answer.
  'cross-origin-resource-policy': 'same-origin',
} as const;

export class AdminServer {
  readonly #parts: AnswerParts;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #gate: Gate;
  readonly #port: Listener;
  /** null when it is turned off. */
  #socket: Listener | null = null;
  readonly #streams: EventStreams;
  readonly #pipelines = new Pipelines();
  /** Requests that have arrived whole and are not answered yet. */
  readonly #underway = new Set<Promise<void>>();
  /** Each ends the wait of one of them. */
  readonly #ends = new Set<() => void>();
  #isClosing = false;

  constructor(
    {
      node,
      hostNames = [],
      tokens = null,
      log = silentLog,
      clock = systemClock,
    }: Omit<AdminServerOptions, 'address' | 'socket' | 'findPortHolder'>,
    assets: PageAssets,
  ) {
    this.#parts = { node, assets, exposition: new Exposition() };
    this.#streams = new EventStreams(node.page);
    this.#log = log;
    this.#clock = clock;
    this.#gate = new Gate({ hostNames, tokens, pageToken: assets.token, log, clock });
    // Who opened a page with a token that counts no more has to show another one.
    tokens?.onChange(() => this.#streams.close());
    this.#port = new Listener((request, response) => this.#onRequest(request, response, this.#port));
  }

  /** Resolves when it listens. @throws Error that says what to do when the address cannot be had */
  async listen(address: ListenAddress, findPortHolder?: FindPortHolder): Promise<void> {
    await this.#port.listenAtPort(address, findPortHolder);
    this.#logErrorsOf(this.#port);
  }

  /** As `listen`; one that nobody asked for is left out with a warning where it cannot be had. */
  async listenAtSocket(place: AdminSocketPlace): Promise<void> {
    const socket = new Listener((request, response) => this.#onRequest(request, response, socket));
    try {
      await socket.listenAtPath(place);
      this.#socket = socket;
      this.#logErrorsOf(socket);
    } catch (error) {
      if (!place.isDefault) throw error;
      this.#log.warn(
        { reason: reasonOf(error) },
        'the admin socket is left out; name another place with --admin-socket PATH, or none with --admin-socket none',
      );
    }
  }

  /** Where it listens, with the real port. */
  get address(): ListenAddress {
    return this.#port.address;
  }

  /** Answers what has arrived, then cuts what is left. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const end of this.#ends) end();
    this.#streams.close();
    const listeners = [this.#port, ...(this.#socket === null ? [] : [this.#socket])];
    const closed = listeners.map((listener) => listener.end());
    const late = new Promise<void>((resolve) => this.#clock.setTimer(CLOSE_TIMEOUT_MS, resolve));
    await Promise.race([Promise.allSettled([...this.#underway]), late]);
    for (const listener of listeners) listener.cutConnections();
    await Promise.all(closed);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, listener: Listener): void {
    // The peer has gone: no answer can reach it.
    request.on('error', () => response.destroy());
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES || response.headersSent) return;
      // The rest is not read: the connection ends with the answer.
      response.setHeader('connection', 'close');
      this.#send(request, response, tooLargeAnswer(MAX_BODY_BYTES));
      response.once('finish', () => request.destroy());
    });
    request.on('end', () => {
      if (response.headersSent) return;
      const answered = this.#pipelines
        .answer(request.socket, () => this.#answer(request, response, listener))
        .finally(() => this.#underway.delete(answered));
      this.#underway.add(answered);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, listener: Listener): Promise<void> {
    let answer: Answer | null;
    const end = new AbortController();
    const abort = (): void => end.abort();
    response.once('close', abort);
    onceEnded(request.socket, abort);
    this.#ends.add(abort);
    try {
      answer = await this.#answerFor(request, response, listener, end.signal);
    } catch (error) {
      this.#log.error({ err: error, path: pathForPeople(request) }, 'a request to the admin API failed');
      answer = failureAnswer(error);
    } finally {
      request.socket.off('end', abort);
      this.#ends.delete(abort);
    }
    if (response.destroyed || answer === null) return;
    const gone = new Promise<void>((resolve) => response.once('close', resolve));
    this.#send(request, response, answer);
    await gone;
  }

  /** @returns null where the response has become a stream */
  async #answerFor(
    request: IncomingMessage,
    response: ServerResponse,
    listener: Listener,
    end: AbortSignal,
  ): Promise<Answer | null> {
    const way: Way = listener === this.#socket ? 'socket' : wayOf(request.socket);
    const judgement = this.#gate.judge(request, way);
    if ('refusal' in judgement) return judgement.refusal;
    const { endpoint, params } = judgement.match;
    if (endpoint.name === 'page-stream') return this.#stream(request, response, listener);
    const { url = '' } = request;
    const [, query = ''] = url.split('?', 2);
    const by = byOf(request);
    const { accept = '', 'if-none-match': ifNoneMatch } = request.headers;
    const wantsHtml = accept.includes('text/html');
    const asking = { url, query: new URLSearchParams(query), by, accept, wantsHtml, ifNoneMatch, end };
    const answer = await answerEndpoint(this.#parts, endpoint.name, params, asking);
    if (endpoint.method === 'POST') {
      this.#log.info({ path: pathForPeople(request), by, status: answer.status }, 'an operator asked for a change');
    }
    return answer;
  }

  /** Its connection leaves the bound of the others, so that open pages keep no probe out. */
  #stream(request: IncomingMessage, response: ServerResponse, listener: Listener): Answer | null {
    if (this.#isClosing || this.#streams.isFull) return tooManyStreamsAnswer();
    response.writeHead(200, {
      ...SAFE_FIELDS,
      'content-type': 'text/event-stream; charset=utf-8',
      connection: 'close',
    });
    if (request.method === 'HEAD') {
      response.end();
      return null;
    }
    listener.release(request.socket);
    this.#streams.open(response);
    onceEnded(request.socket, () => response.destroy());
    return null;
  }

  #logErrorsOf(listener: Listener): void {
    listener.onError((error) => this.#log.error({ reason: error.message }, 'the admin API failed'));
  }

  #send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    const { body } = answer;
    if (this.#isClosing) response.setHeader('connection', 'close');
    response.writeHead(answer.status, {
      ...SAFE_FIELDS,
      ...answer.fields,
      'content-type': answer.contentType,
      'content-length': lengthOf(body),
    });
    if (request.method === 'HEAD') response.end();
    else if (typeof body === 'string') response.end(body);
    else {
      // So that they leave with one call.
      response.cork();
      for (const part of body) response.write(part);
      response.end();
    }
  }
}

/** A client that has ended sending waits for nothing more than the answer. */
function onceEnded(socket: Socket, onEnded: () => void): void {
  if (socket.readableEnded) onEnded();
  else socket.once('end', onEnded);
}

function lengthOf(body: Answer['body']): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.reduce((sum, part) => sum + part.length, 0);
}

/** Without its query, where people put what is nobody's business. */
function pathForPeople({ url = '' }: IncomingMessage): string {
  return escapeText(pathOfUrl(url).slice(0, 200));
}

/** Resolves when it listens. @throws Error that says what to do when the address cannot be had */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { address, socket = null, findPortHolder } = options;
  const server = new AdminServer(options, await PageAssets.load());
  await server.listen(address, findPortHolder);
  if (socket === null) return server;
  try {
    await server.listenAtSocket(socket);
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}
