import type { ErrorCode } from '../../core/errors.js';
import { BODY, type BodyKind } from '../../http1/framing.js';
import type { RequestHead } from '../../http1/request-head.js';
import type { ResponseHead } from '../../http1/response-head.js';
import type { OwnResponse } from '../roles/client-side.js';
import type { Instance } from '../slot/instance.js';
import type { ExchangeClient } from './exchange-client.js';
import { renderError, renderLastHop } from './responses.js';
import { viaLine } from './via.js';

/** The client and the instance of a response, and how far a cookie binds one to the other. */
interface Parties {
  readonly client: ExchangeClient;
  readonly instance: Instance | null;
  /** The instance that the client's cookie names; empty for none. */
  readonly stickyId: string;
}

/** The heads of responses, and whole answers of our own, one after the other, as clients get them. */
export class OutgoingResponse {
  /** Another request may come on the client's connection after the last response that was rendered. */
  keepsClient = true;
  /** Its body ends with the client's connection; HTTP/1.0 knows no chunks. */
  isOpenEnded = false;
  readonly #request: RequestHead;

  /** @param request that is answered */
  constructor(request: RequestHead) {
    this.#request = request;
  }

  /** @returns the head of a final response, with its empty line */
  render(head: ResponseHead, bodyKind: BodyKind, parties: Parties): string {
    const { slot } = parties.client;
    const request = this.#request;
    const isChunked = bodyKind === BODY.CHUNKED || (head.isChunked && request.method === 'HEAD');
    const isOpenEnded = bodyKind === BODY.UNTIL_CLOSE || (bodyKind === BODY.CHUNKED && request.minor === 0);
    const keepsClient = !isOpenEnded && this.#mayKeep(parties.client);
    this.isOpenEnded = isOpenEnded;
    this.keepsClient = keepsClient;
    let text = slot.bindings.cookie === null ? head.block : this.#boundBlock(head, parties);
    if (isChunked && request.minor === 1) text += 'Transfer-Encoding: chunked\r\n';
    if (!keepsClient) text += 'Connection: close\r\n';
    else if (request.minor === 0) text += 'Connection: keep-alive\r\n';
    if (slot.node.hasVia) text += viaLine(head.minor);
    return `${text}\r\n`;
  }

  /** @returns the head of a 101, with its empty line */
  renderSwitch(head: ResponseHead, parties: Parties): string {
    return `${this.#boundBlock(head, parties)}Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n\r\n`;
  }

  /** @returns the answer to an error of our own */
  renderError(code: ErrorCode, client: ExchangeClient): OwnResponse {
    const isHead = this.#request.method === 'HEAD';
    return renderError(code, { isHead, isReusable: this.#mayKeep(client) });
  }

  /** @returns the answer to a TRACE or OPTIONS that goes no further */
  renderLastHop(client: ExchangeClient): OwnResponse {
    return renderLastHop(this.#request, this.#mayKeep(client));
  }

  #mayKeep({ slot: { node, isClosing }, hasWholeRequest }: ExchangeClient): boolean {
    return hasWholeRequest && this.#request.isKeepAlive && !node.isStopping && !isClosing;
  }

  /** The fields of a response that go on, and the cookie of a client that is not bound to the instance yet. */
  #boundBlock({ block }: ResponseHead, { client, instance, stickyId }: Parties): string {
    const { cookie } = client.slot.bindings;
    if (cookie === null || instance === null || instance.isNeighbor) return block;
    const kept = cookie.withoutSetCookie(block);
    return instance.stickyId === stickyId ? kept : kept + cookie.fieldLines(instance.stickyId);
  }
}
