import type { ErrorCode } from '../../core/errors.js';
import type { BodyKind } from '../../http1/framing.js';
import type { ResponseHead } from '../../http1/response-head.js';
import type { ByteConnection } from '../io/byte-connection.js';
import type { Tunnel } from '../io/tunnel.js';
import type { OwnResponse } from '../roles/client-side.js';
import type { UnderWay } from '../slot/under-way.js';
import { refusalOf } from './admission.js';
import { openCountedTunnel } from './counted-tunnel.js';
import { OutgoingResponse } from './outgoing-response.js';
import { PHASE } from './phase.js';
import { type ExchangeParts, NO_CLIENT, NO_SLOT, RequestDispatch } from './request-dispatch.js';

/** In the words of those who ask. */
const STAGES = {
  [PHASE.DISPATCHING]: 'connecting',
  [PHASE.SENT]: 'waiting',
  [PHASE.RESPONDING]: 'responding',
  [PHASE.TUNNEL]: 'tunnel',
} as const;

/**
 * One request with its response: whether it is served, what the client gets for it, and when it is over. It serves one
 * client's request after the other's: a connection has one for as long as it has a request (exchange-pool.ts).
 */
export class Exchange extends RequestDispatch {
  readonly #response: OutgoingResponse;

  constructor(parts: ExchangeParts) {
    super(parts);
    this.#response = new OutgoingResponse(this.request);
  }

  /** @param inline what of the body goes out with the head, as text; `body` instead when it is large. */
  begin(inline: string, body: Buffer | null): void {
    const { client, request, slot, books } = this;
    const { identity } = client;
    books.open(slot);
    client.deadline = Number.POSITIVE_INFINITY;
    slot.budget.earn();
    this.phase = PHASE.DISPATCHING;
    this.mayBleed = request.bledBy === '';
    books.headAt = books.openedAt;
    books.bytesIn = request.bytes + (body === null ? inline.length : body.length);
    if (!this.mayBleed) slot.counters.bledIn += 1;
    if (slot.requestIds !== null) request.block = slot.requestIds.identify(request.block, books);
    const isProven = !this.mayBleed && client.proves(request.bledBy);
    const refusal = refusalOf(slot.config, identity, request, isProven);
    if (refusal !== null) {
      this.fail(refusal);
      return;
    }
    // HAProxy's BACKEND has no session of a request that was refused.
    const { counters, peaks } = slot;
    if (counters.inFlight > peaks.inFlight) peaks.inFlight = counters.inFlight;
    if (request.maxForwards === 0) {
      // RFC 9110 7.6.2: the client wants the answer of the hop that is so far away.
      this.#respond(this.#response.renderLastHop(client), null);
      return;
    }
    this.stickyId = slot.bindings.cookie === null ? '' : slot.bindings.idIn(request.cookie);
    const isForwarded = isProven || (identity.isForwarded && !this.mayBleed);
    this.outgoing.compose(client, inline, body, isForwarded);
    this.start();
  }

  /** The request as it is; null between two requests. */
  underWay(): UnderWay | null {
    const { phase, books, instance, retries } = this;
    if (phase === PHASE.NONE) return null;
    const stage = this.isQueued ? 'queued' : STAGES[phase];
    const { bytesIn, bytesOut } = books;
    return { since: books.startedAt, stage, instance, retries, bytesIn, bytesOut };
  }

  // --- Failures --------------------------------------------------------------------------------------------------

  onResponseFailed(code: ErrorCode): void {
    const { instance, slot } = this;
    slot.counters.responseFailures += 1;
    if (instance !== null) {
      instance.counters.responseFailures += 1;
      if (code === 'CLOSED_IN_RESPONSE') instance.counters.serverAborts += 1;
    }
    this.fail(code);
  }

  /** The queue, the connect or the response took too long, by the client's clock. */
  onDeadline(): void {
    if (this.isQueued) {
      this.endWait();
    } else if (this.phase === PHASE.RESPONDING) {
      this.#abort('RESPONSE_UNREAD');
      this.client.destroy();
    }
  }

  /** The client's request is at fault, before it began or in its body. */
  refuse(code: ErrorCode): void {
    if (this.phase === PHASE.NONE) this.#beginUnread();
    this.leaveQueue();
    this.fail(code);
  }

  /** It ends before its head is whole. */
  #beginUnread(): void {
    this.books.open(this.slot);
    this.slot.counters.turnedAwayBytesIn += this.reader.unreadBytes;
    this.phase = PHASE.DISPATCHING;
  }

  protected fail(code: ErrorCode): void {
    const hasResponded = this.phase >= PHASE.RESPONDING;
    this.#drop(code);
    if (hasResponded) {
      // Part of a response is out: what came of it reaches the client, and the broken framing says that it is cut.
      this.#end(code);
      this.client.closeAfterWrite();
      return;
    }
    this.#respond(this.#response.renderError(code, this.client), code);
  }

  #respond(response: OwnResponse, code: ErrorCode | null): void {
    this.books.status = response.status;
    this.books.bytesOut += response.text.length;
    this.#end(code);
    this.client.respond(response);
  }

  onClientGone(): void {
    if (this.phase !== PHASE.NONE) {
      if (this.instance !== null) this.instance.counters.clientAborts += 1;
      this.#abort('CLIENT_ABORTED');
    } else if (this.books.hasBegun) {
      this.#beginUnread();
      this.#abort('HEAD_INCOMPLETE');
    }
  }

  /** The time to end by itself is over; the caller closes the client's connection. */
  cut(): void {
    if (this.phase === PHASE.NONE && this.books.hasBegun) this.#beginUnread();
    if (this.phase !== PHASE.NONE) this.#abort('STOPPING');
  }

  /** Nobody takes the response any more. */
  #abort(code: ErrorCode): void {
    this.leaveQueue();
    this.#drop(code);
    this.#end(code);
  }

  /** Ends what the instance has of it, before another request gets the room that it leaves. */
  #drop(code: ErrorCode): void {
    this.slot.countError(code);
    this.upstream?.destroy();
    this.release();
  }

  // --- The response ----------------------------------------------------------------------------------------------

  renderHead(head: ResponseHead, bodyKind: BodyKind): string {
    const { client, books } = this;
    const response = this.#response;
    this.phase = PHASE.RESPONDING;
    books.status = head.status;
    books.isAnswered = true;
    if (books.keepsResponses) books.responseHead = head.block;
    const text = response.render(head, bodyKind, this);
    if (response.isOpenEnded) client.isOpenEnded = true;
    return text;
  }

  onComplete(now: number): void {
    const { client } = this;
    this.release();
    const { keepsClient } = this.#response;
    this.#end(null, now);
    client.isOpenEnded = false;
    client.onResponseSent(now, !keepsClient);
  }

  openTunnel(instance: ByteConnection, head: ResponseHead): Tunnel {
    const { client } = this;
    this.phase = PHASE.TUNNEL;
    const text = this.#response.renderSwitch(head, this);
    this.books.bytesOut += text.length;
    this.books.switchProtocols(this.slot);
    client.writeText(text);
    const tunnel = openCountedTunnel(this.slot, this.worker, { client, instance }, (code) => {
      // The client's last words may still be on their way to the instance.
      if (instance.isClosed) this.release();
      this.#end(code);
    });
    client.enterTunnel(tunnel);
    return tunnel;
  }

  /** The client has sent more through the tunnel. */
  countTunnelBytesIn(bytes: number): void {
    this.books.bytesIn += bytes;
    if (this.instance !== null) this.instance.counters.bytesIn += bytes;
  }

  countTunnelBytesOut(bytes: number): void {
    // What comes after the tunnel has ended is thrown away.
    if (this.phase === PHASE.TUNNEL) this.books.countTunnelBytesOut(this.slot, bytes);
  }

  onTunnelClosed(): void {
    this.release();
  }

  #end(code: ErrorCode | null, now = this.worker.clock.now()): void {
    this.phase = PHASE.NONE;
    this.books.close(code, now, this);
  }

  /** @returns whether it may serve another client: nobody has anything of it any more */
  override forget(): boolean {
    const isAtRest =
      this.phase === PHASE.NONE && this.instance === null && this.upstream === null && this.group === null;
    super.forget();
    this.client = NO_CLIENT;
    this.slot = NO_SLOT;
    this.books.startedAt = 0;
    this.outgoing.forget();
    // Not by a call: each request makes it.
    this.#response.keepsClient = true;
    this.#response.isOpenEnded = false;
    return isAtRest;
  }
}
