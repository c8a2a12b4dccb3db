/**
 * The admin API of one node over HTTP. It has no password: it listens on loopback by default, believes no Host but its
 * own (DNS rebinding), and changes nothing for a request that a web page could have sent.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../core/clock.js';
import { type Log, silentLog } from '../core/log.js';
import { hostPort } from '../core/networks.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { escapeText } from '../model/problem.js';
import type { AdminNode } from './admin-node.js';
import {
  type Answer,
  answerEndpoint,
  failureAnswer,
  foreignHostAnswer,
  foreignPageAnswer,
  notFoundAnswer,
  tooLargeAnswer,
  tooManyStreamsAnswer,
  unmarkedAnswer,
  wrongMethodAnswer,
} from './answers.js';
import { byOf, isFromBrowser, isFromOwnPage, isMarked, isOwnHost } from './caller.js';
import { type BoundConnections, boundConnections } from './connections.js';
import { matchEndpoints, pathOfUrl } from './endpoints.js';
import { PageAssets } from './page/assets.js';
import { EventStreams } from './page/event-stream.js';

export interface AdminServerOptions {
  readonly node: AdminNode;
  /** An IP address and a port; port 0 lets the system choose. */
  readonly address: ListenAddress;
  /** Names that this node is called by, beside localhost and IP addresses. */
  readonly hostNames?: readonly string[];
  /** Who keeps others from listening on an address and port, as `nginx (pid 123)`; null when it cannot be told. */
  readonly findPortHolder?: (host: string, port: number) => Promise<string | null>;
  readonly log?: Log;
  readonly clock?: Clock;
}

interface ListenAddress {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** No endpoint needs a body. */
const MAX_BODY_BYTES = 65_536;
const MAX_HEAD_BYTES = 16_384;
/** Operators, probes and a scraper are few; more connections than these must not take the node's descriptors. */
const MAX_CONNECTIONS = 64;
const HEAD_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** So late a time-out may be noticed; Node itself looks every 30 s only. */
const TIMEOUT_CHECK_MS = 1_000;
const IDLE_TIMEOUT_MS = 30_000;
/** A peer that does not read its answer must not hold up the end of the node. */
const CLOSE_TIMEOUT_MS = 1_000;

const SAFE_FIELDS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;

export class AdminServer {
  readonly #node: AdminNode;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #hostNames: ReadonlySet<string>;
  readonly #server: Server;
  readonly #assets: PageAssets;
  readonly #streams: EventStreams;
  readonly #connections: BoundConnections;
  /** Requests that have arrived whole and are not answered yet. */
  readonly #underway = new Set<Promise<void>>();
  /** Each ends the wait of one of them. */
  readonly #ends = new Set<() => void>();
  #isClosing = false;

  constructor(
    {
      node,
      hostNames = [],
      log = silentLog,
      clock = systemClock,
    }: Omit<AdminServerOptions, 'address' | 'findPortHolder'>,
    assets: PageAssets,
  ) {
    this.#node = node;
    this.#assets = assets;
    this.#streams = new EventStreams(node.page);
    this.#log = log;
    this.#clock = clock;
    this.#hostNames = new Set(['localhost', ...hostNames.map((name) => name.toLowerCase())]);
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEAD_BYTES,
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: HEAD_TIMEOUT_MS,
        connectionsCheckingInterval: TIMEOUT_CHECK_MS,
        keepAliveTimeout: IDLE_TIMEOUT_MS,
      },
      (request, response) => this.#onRequest(request, response),
    );
    this.#connections = boundConnections(this.#server, MAX_CONNECTIONS);
    this.#server.timeout = IDLE_TIMEOUT_MS;
  }

  /** Resolves when it listens; rejects with the system's error. */
  async listen({ host, port }: ListenAddress): Promise<void> {
    this.#server.listen({ host, port });
    await once(this.#server, 'listening');
    this.#server.on('error', (error) => this.#log.error({ reason: error.message }, 'the admin API failed'));
  }

  /** Where it listens, with the real port. */
  get address(): ListenAddress {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Answers what has arrived, then cuts what is left. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const end of this.#ends) end();
    this.#streams.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const late = new Promise<void>((resolve) => this.#clock.setTimer(CLOSE_TIMEOUT_MS, resolve));
    await Promise.race([Promise.allSettled([...this.#underway]), late]);
    this.#server.closeAllConnections();
    await closed;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
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
      const answered = this.#answer(request, response).finally(() => this.#underway.delete(answered));
      this.#underway.add(answered);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer | null;
    const end = new AbortController();
    const abort = (): void => end.abort();
    response.once('close', abort);
    this.#ends.add(abort);
    try {
      answer = await this.#answerFor(request, response, end.signal);
    } catch (error) {
      this.#log.error(
        { err: error, path: escapeText((request.url ?? '').slice(0, 200)) },
        'a request to the admin API failed',
      );
      answer = failureAnswer(error);
    } finally {
      this.#ends.delete(abort);
    }
    if (response.destroyed || answer === null) return;
    const gone = new Promise<void>((resolve) => response.once('close', resolve));
    this.#send(request, response, answer);
    await gone;
  }

  /** @returns null where the response has become a stream */
  async #answerFor(request: IncomingMessage, response: ServerResponse, end: AbortSignal): Promise<Answer | null> {
    const method = request.method ?? '';
    const url = request.url ?? '';
    const path = pathOfUrl(url);
    const [, query = ''] = url.split('?', 2);
    if (!isOwnHost(request.headers.host, this.#hostNames)) return foreignHostAnswer();
    const matches = matchEndpoints(path);
    if (matches.length === 0) return notFoundAnswer(path);
    const match = matches.find(({ endpoint }) => endpoint.method === (method === 'HEAD' ? 'GET' : method));
    if (match === undefined) return wrongMethodAnswer(method, path, matches);
    const { endpoint, params } = match;
    if (endpoint.method === 'POST' && !isMarked(request)) return unmarkedAnswer();
    if (endpoint.method === 'POST' && isFromBrowser(request) && !isFromOwnPage(request, this.#assets.token)) {
      return foreignPageAnswer();
    }
    if (endpoint.name === 'page-stream') return this.#stream(request, response);
    const by = byOf(request);
    const { accept = '', 'if-none-match': ifNoneMatch } = request.headers;
    const wantsHtml = accept.includes('text/html');
    const asking = { query: new URLSearchParams(query), by, accept, wantsHtml, ifNoneMatch, end };
    const answer = await answerEndpoint(this.#node, this.#assets, endpoint.name, params, asking);
    if (endpoint.method === 'POST') {
      this.#log.info(
        { path: escapeText(path.slice(0, 200)), by, status: answer.status },
        'an operator asked for a change',
      );
    }
    return answer;
  }

  /** Its connection leaves the bound of the others, so that open pages keep no probe out. */
  #stream(request: IncomingMessage, response: ServerResponse): Answer | null {
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
    this.#connections.release(request.socket);
    this.#streams.open(response);
    return null;
  }

  #send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    if (this.#isClosing) response.setHeader('connection', 'close');
    response.writeHead(answer.status, {
      ...SAFE_FIELDS,
      ...answer.fields,
      'content-type': answer.contentType,
      'content-length': Buffer.byteLength(answer.body),
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }
}

/** Resolves when it listens. @throws Error that says what to do when the address cannot be had */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { address, findPortHolder } = options;
  const server = new AdminServer(options, await PageAssets.load());
  try {
    await server.listen(address);
    return server;
  } catch (error) {
    const isTaken = codeOf(error) === 'EADDRINUSE';
    const holder = isTaken ? await findPortHolder?.(address.host, address.port) : null;
    throw listenFailure(address, error, holder ?? null);
  }
}

function listenFailure({ host, port }: ListenAddress, error: unknown, holder: string | null): Error {
  const place = hostPort(host, port);
  const who = holder === null ? `taken; \`ss -ltnp 'sport = :${port}'\` names who has it` : `taken by ${holder}`;
  const reasons = new Map([
    ['EADDRINUSE', `is ${who}: stop that, or choose another with --admin ADDR:PORT`],
    ['EADDRNOTAVAIL', 'is not an address of this host; give one of its own with --admin ADDR:PORT'],
    ['EACCES', 'is not permitted for this user; choose a port above 1023 with --admin ADDR:PORT'],
  ]);
  const reason = reasons.get(codeOf(error)) ?? `cannot be listened on: ${reasonOf(error)}`;
  return new Error(`${place}, the address of the admin API, ${reason}`, { cause: error });
}
