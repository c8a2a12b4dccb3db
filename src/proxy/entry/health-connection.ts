import { BodyReader } from '../../http1/body-reader.js';
import { INCOMPLETE } from '../../http1/fields.js';
import { requestBodyKind } from '../../http1/framing.js';
import { type MonitorRequest, readMonitorRequest } from '../../http1/monitor-request.js';
import { PartialHead } from '../../http1/partial-head.js';
import { decodeHeader } from '../../proxy-protocol/decode.js';
import { renderError, renderHealth } from '../exchange/responses.js';
import { ByteConnection } from '../io/byte-connection.js';
import type { Transport } from '../io/transport.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';

const PATHS: ReadonlySet<string> = new Set(['/health', '/health-check']);
/** A checker that keeps its connection comes again within this time. */
const IDLE_MS = 65_000;
const HEAD_MS = 5_000;

/**
 * Health port of a slot: whether this node has an instance of its own that can be used. Not logged, never balanced.
 * Like HAProxy's `monitor-uri` it ignores method and Host. Balancers send a PROXY header here or not, as each is
 * configured; the client in it does not change the answer.
 */
export class HealthConnection extends ByteConnection {
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  readonly #partial = new PartialHead();
  readonly #body = new BodyReader();
  readonly #onGone: (connection: HealthConnection) => void;
  #isAtBeginning = true;
  #isClosing = false;

  constructor(transport: Transport, slot: Slot, worker: WorkerContext, onGone: (connection: HealthConnection) => void) {
    super(worker);
    this.#slot = slot;
    this.#worker = worker;
    this.#onGone = onGone;
    worker.deadlines.add(this);
    this.deadline = worker.clock.now() + HEAD_MS;
    this.open(transport);
    transport.resume();
  }

  onBytes(bytes: Buffer, length: number): void {
    if (this.#isClosing) return;
    if (this.#partial.length === 0 && !this.#isAtBeginning) {
      this.#readRequests(bytes, 0, length);
      return;
    }
    const mayBeWhole = this.#partial.append(bytes, 0, length, this.#slot.node.head.maxBytes);
    if (this.#isAtBeginning) this.#readBeginning();
    else if (mayBeWhole) this.#readPartial();
  }

  #readBeginning(): void {
    const unread = this.#partial.take();
    const decoded = decodeHeader(unread, 0, unread.length);
    if (decoded.state === 'incomplete') {
      this.#partial.append(unread, 0, unread.length, this.#slot.node.head.maxBytes);
    } else if (decoded.state === 'refused' && decoded.problem !== 'NOT_A_HEADER') {
      this.destroy();
    } else {
      this.#isAtBeginning = false;
      this.#readRequests(unread, decoded.state === 'complete' ? decoded.header.length : 0, unread.length);
    }
  }

  #readPartial(): void {
    const unread = this.#partial.take();
    this.#readRequests(unread, 0, unread.length);
  }

  #readRequests(bytes: Buffer, start: number, end: number): void {
    const limits = this.#slot.node.head;
    const body = this.#body;
    let position = start;
    while (position < end && !this.#isClosing) {
      const request = readMonitorRequest(bytes, position, end, limits);
      if (request === INCOMPLETE) {
        this.#partial.append(bytes, position, end, limits.maxBytes);
        return;
      }
      if (typeof request === 'string') {
        this.#respond(renderError(request, { isHead: false, isReusable: false }).text, true);
        return;
      }
      // As HAProxy: the answer does not wait for a body, and the connection closes if the body is not here yet.
      body.begin(requestBodyKind(request), request.contentLength, limits);
      body.read(bytes, position + request.bytes, end);
      position = body.position;
      this.#answer(request, body.isWhole && body.error === null);
    }
  }

  #answer({ path, isHead, minor, isKeepAlive }: MonitorRequest, isWhole: boolean): void {
    const { node, hasUsableInstance, isClosing } = this.#slot;
    const isUsable = PATHS.has(path) && hasUsableInstance && !node.isStopping && !isClosing;
    const closes = !isKeepAlive || !isWhole || node.isStopping || isClosing;
    this.#respond(renderHealth(isUsable, { isHead, minor, closes, nodeId: node.id }), closes);
  }

  #respond(text: string, closes: boolean): void {
    this.writeText(text);
    this.deadline = this.#worker.clock.now() + (closes ? HEAD_MS : IDLE_MS);
    if (!closes) return;
    this.#isClosing = true;
    this.endWriting();
  }

  protected onEnd(): void {
    this.endWriting();
  }

  protected onClosed(): void {
    this.#worker.deadlines.remove(this);
    this.#onGone(this);
  }

  onDeadline(): void {
    this.destroy();
  }
}
