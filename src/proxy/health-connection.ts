import { INCOMPLETE } from '../http1/fields.js';
import { COMPLETE, RequestHead } from '../http1/request-head.js';
import { decodeHeader } from '../proxy-protocol/decode.js';
import { ByteConnection } from './byte-connection.js';
import type { WorkerContext } from './node-context.js';
import { type Accepted, openAccepted } from './onread-socket.js';
import { renderError, renderHealth } from './responses.js';
import type { Slot } from './slot.js';

const PATHS: ReadonlySet<string> = new Set(['/health', '/health-check']);
/** A checker that keeps its connection comes again within this time. */
const IDLE_MS = 65_000;
const HEAD_MS = 5_000;
const MAX_HEAD_BYTES = 4_096;

/**
 * Health port of a slot: whether this node has an instance of its own that can be used. Not logged, never balanced.
 * Balancers send a PROXY header here or not, as each is configured; whom it speaks for changes nothing in the answer.
 */
export class HealthConnection extends ByteConnection {
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  readonly #head = new RequestHead();
  readonly #onGone: (connection: HealthConnection) => void;
  #bytes: Buffer | null = null;
  #isAtBeginning = true;
  #isClosing = false;

  constructor(accepted: Accepted, slot: Slot, worker: WorkerContext, onGone: (connection: HealthConnection) => void) {
    super(worker);
    this.#slot = slot;
    this.#worker = worker;
    this.#onGone = onGone;
    worker.deadlines.add(this);
    this.deadline = worker.clock.now() + HEAD_MS;
    this.open(openAccepted(accepted, this, worker.io));
    this.socket.resume();
  }

  onBytes(bytes: Buffer, length: number): void {
    if (this.#isClosing) return;
    const piece = bytes.subarray(0, length);
    let unread = this.#bytes === null ? piece : Buffer.concat([this.#bytes, piece]);
    this.#bytes = null;
    if (this.#isAtBeginning) {
      const decoded = decodeHeader(unread, 0, unread.length);
      if (decoded.state === 'incomplete') {
        this.#bytes = Buffer.from(unread);
        return;
      }
      if (decoded.state === 'refused' && decoded.problem !== 'NOT_A_HEADER') {
        this.destroy();
        return;
      }
      this.#isAtBeginning = false;
      if (decoded.state === 'complete') unread = unread.subarray(decoded.header.length);
    }
    const limits = { maxBytes: MAX_HEAD_BYTES, maxFields: this.#slot.node.head.maxFields };
    while (unread.length > 0 && !this.#isClosing) {
      const verdict = this.#head.parse(unread, 0, unread.length, limits, false, false);
      if (verdict === INCOMPLETE) {
        this.#bytes = Buffer.from(unread);
        return;
      }
      if (verdict !== COMPLETE) {
        this.#respond(renderError(verdict, { isHead: false, isReusable: false }).text, true);
        return;
      }
      unread = unread.subarray(this.#head.bytes);
      this.#answer();
    }
  }

  #answer(): void {
    const { method, target, isKeepAlive, contentLength, isChunked } = this.#head;
    const path = target.split('?', 1)[0] ?? '';
    // As a monitor-uri: any other path, and whatever has a body, is none of a checker's.
    const isKnown = (method === 'GET' || method === 'HEAD') && PATHS.has(path) && contentLength <= 0 && !isChunked;
    const { node, hasUsableInstance, isClosing } = this.#slot;
    const isUsable = isKnown && hasUsableInstance && !node.isStopping && !isClosing;
    const closes = !isKeepAlive || !isKnown || node.isStopping || isClosing;
    this.#respond(renderHealth(isUsable, { isHead: method === 'HEAD', closes }), closes);
  }

  #respond(text: string, closes: boolean): void {
    this.writeText(text);
    this.deadline = this.#worker.clock.now() + (closes ? HEAD_MS : IDLE_MS);
    if (!closes) return;
    this.#isClosing = true;
    this.socket.end();
  }

  protected onEnd(): void {
    this.socket.end();
  }

  protected onClosed(): void {
    this.#worker.deadlines.remove(this);
    this.#onGone(this);
  }

  onDeadline(): void {
    this.destroy();
  }
}
