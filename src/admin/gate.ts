/** Whether a request may go on to its endpoint, and else what it is told. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { MessageRate } from '../core/message-rate.js';
import { hasSecretInUrl, refusalOf, type Way } from './access.js';
import type { AdminTokens } from './admin-tokens.js';
import type { Answer } from './answer.js';
import { isFromBrowser, isFromOwnPage, isMarked, isOwnHost } from './caller.js';
import { type EndpointMatch, matchEndpoints } from './endpoints.js';
import { pathOfUrl } from './haproxy/statistics-url.js';
import {
  foreignHostAnswer,
  foreignPageAnswer,
  notFoundAnswer,
  tokenInUrlAnswer,
  unmarkedAnswer,
  wrongMethodAnswer,
} from './refusals.js';

interface GateOptions {
  /** Names that this node is called by, beside localhost and IP addresses. */
  readonly hostNames: readonly string[];
  /** null: the node has none, and asks for none. */
  readonly tokens: AdminTokens | null;
  /** What the document of the page carries. */
  readonly pageToken: string;
  readonly log: Log;
  readonly clock: Clock;
}

export type Judgement = { readonly match: EndpointMatch } | { readonly refusal: Answer };

/** Who tries out tokens fills no log. */
const WRONG_TOKEN_EVERY_MS = 60_000;

export class Gate {
  readonly #options: GateOptions;
  readonly #hostNames: ReadonlySet<string>;
  readonly #wrongTokens: MessageRate;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#hostNames = new Set(['localhost', ...options.hostNames.map((name) => name.toLowerCase())]);
    this.#wrongTokens = new MessageRate(options.clock, WRONG_TOKEN_EVERY_MS);
  }

  judge(request: IncomingMessage, way: Way): Judgement {
    const { tokens, pageToken } = this.#options;
    const method = request.method ?? '';
    const url = request.url ?? '';
    if (!isOwnHost(request.headers.host, this.#hostNames)) return { refusal: foreignHostAnswer() };
    if (hasSecretInUrl(url, tokens)) return { refusal: tokenInUrlAnswer() };
    const path = pathOfUrl(url);
    const matches = matchEndpoints(path);
    const match = matches.find(({ endpoint }) => endpoint.method === (method === 'HEAD' ? 'GET' : method)) ?? null;
    // Before anything is told of paths and methods.
    const refused = refusalOf(request, way, match?.endpoint ?? null, tokens);
    if (refused?.fault === 'wrong') this.#noteWrongToken(request);
    if (refused !== null) return { refusal: refused.answer };
    if (matches.length === 0) return { refusal: notFoundAnswer(path) };
    if (match === null) return { refusal: wrongMethodAnswer(method, path, matches) };
    if (match.endpoint.method === 'POST') {
      if (!isMarked(request)) return { refusal: unmarkedAnswer() };
      if (isFromBrowser(request) && !isFromOwnPage(request, pageToken)) return { refusal: foreignPageAnswer() };
    }
    return { match };
  }

  #noteWrongToken({ socket }: IncomingMessage): void {
    const suppressed = this.#wrongTokens.ask();
    if (suppressed === null) return;
    this.#options.log.warn(
      { from: socket.remoteAddress, suppressed },
      'a request to the admin API had a wrong token; more of them within a minute are counted alone',
    );
  }
}
