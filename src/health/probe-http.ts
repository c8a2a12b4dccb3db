import { connect, type Socket } from 'node:net';
import { formatDuration } from '../core/durations.js';
import { ERRORS } from '../core/errors.js';
import { hostPort } from '../core/networks.js';
import { NODE_FIELD } from '../core/node-field.js';
import { INCOMPLETE } from '../http1/fields.js';
import { COMPLETE } from '../http1/request-head.js';
import { ResponseHead } from '../http1/response-head.js';
import { isOriginForm } from '../http1/semantics.js';
import type { ProxyVersion } from '../model/app.js';
import { encodeV1, encodeV2 } from '../proxy-protocol/encode.js';
import type { CheckCode } from './check-code.js';
import { failureFrom, GIVEN_UP, type Probe, type ProbeResult } from './probe.js';

/** What is read of a body, so that the sender is not cut off in the middle of it. */
const MAX_BODY_BYTES = 65_536;
/** The most that `--max-head` and `--max-fields` allow: what traffic may pass must not fail here. */
const HEAD_LIMITS = { maxBytes: 65_536, maxFields: 1_000 } as const;
const NODE_LINE = new RegExp(`^${NODE_FIELD}: *(.*)$`, 'im');
const LF = 0x0a;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * GET on the check's path; 2xx and 3xx pass, as HAProxy's `option httpchk`. The status is the answer: redirects are not
 * followed, and a body that is long or stalls changes nothing. The head is read as that of any response: what traffic
 * passes passes here, and what it refuses fails with the same reason.
 *
 * Each check has a connection of its own: a kept one would hide that nobody accepts any more.
 */
export const probeHttp: Probe = (target, signal) =>
  new Promise((resolve) => {
    const { path } = target.check;
    if (isOriginForm(path ?? '/')) new HttpCheck(target, signal, resolve);
    else resolve({ hasPassed: false, detail: `the path ${path} holds a byte that no request can have` });
  });

class HttpCheck {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  readonly #resolve: (result: ProbeResult) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #giveUp = (): void => this.#finish(GIVEN_UP);
  readonly #head = new ResponseHead();
  /** Of a head that is not whole. */
  #unread: Buffer = NOTHING;
  #isConnected = false;
  #isAnswered = false;
  #bodyBytes = 0;

  constructor(
    { host, port, check, localAddress = null, sendProxy = 'none' }: Parameters<Probe>[0],
    signal: AbortSignal | undefined,
    resolve: (result: ProbeResult) => void,
  ) {
    this.#resolve = resolve;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#giveUp);
    const { path, timeoutMs } = check;
    // One timer counts for all parts, from the connect to the end of the body.
    this.#timer = setTimeout(
      () => this.#fail(this.#isConnected ? 'L7TOUT' : 'L4TOUT', `no answer within ${formatDuration(timeoutMs)}`),
      timeoutMs,
    );
    const authority = hostPort(host, port);
    this.#socket = connect({ host, port, ...(localAddress !== null && { localAddress }) });
    this.#socket.on('connect', () => {
      this.#isConnected = true;
      this.#socket.write(requestOf(path ?? '/', authority, sendProxy));
    });
    this.#socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    this.#socket.on('end', () => this.#onAnswerEnd());
    this.#socket.on('error', (error) => this.#finish(failureFrom(error, this.#isConnected ? 'SOCKERR' : 'L4CON')));
  }

  #onBytes(bytes: Buffer): void {
    if (this.#isAnswered) {
      this.#bodyBytes += bytes.length;
      if (this.#bodyBytes > MAX_BODY_BYTES) this.#end();
      return;
    }
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    // A head that drips is not read again with each byte.
    if (bytes.includes(LF) || this.#unread.length >= HEAD_LIMITS.maxBytes) this.#readHeads();
  }

  #readHeads(): void {
    const head = this.#head;
    while (!this.#isAnswered) {
      const verdict = head.parse(this.#unread, 0, this.#unread.length, HEAD_LIMITS);
      if (verdict === INCOMPLETE) return;
      if (verdict !== COMPLETE) {
        this.#fail('L7RSP', `malformed answer: ${ERRORS[verdict].text}`);
        return;
      }
      this.#unread = this.#unread.subarray(head.bytes);
      // An interim response is followed by the answer; a switch of protocols that nobody asked for is not.
      if (head.status >= 200 || head.status === 101) this.#answer(head.status);
    }
  }

  /** What follows only ends the reading of the body: the first verdict counts. */
  #answer(status: number): void {
    this.#isAnswered = true;
    const node = NODE_LINE.exec(this.#head.block)?.[1] ?? null;
    const hasPassed = status >= 200 && status < 400;
    this.#resolve({ hasPassed, detail: `status ${status}`, code: hasPassed ? 'L7OK' : 'L7STS', status, node });
  }

  /** Behind an answer it changes nothing: the first verdict counts. */
  #onAnswerEnd(): void {
    if (this.#unread.length === 0) this.#fail('L7RSP', 'the connection was closed before an answer');
    else this.#fail('L7RSP', 'the connection was closed inside the head of an answer');
  }

  #fail(code: CheckCode, detail: string): void {
    this.#finish({ hasPassed: false, detail, code });
  }

  /** The first result counts. */
  #finish(result: ProbeResult): void {
    this.#resolve(result);
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#giveUp);
    this.#socket.destroy();
  }
}

/** With the PROXY header in the same packet; it has no addresses: the check asks for nobody else. */
function requestOf(path: string, authority: string, sendProxy: ProxyVersion): Buffer {
  const header = sendProxy === 'none' ? NOTHING : sendProxy === 'v1' ? encodeV1(null) : encodeV2(null);
  const request = `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: autoproxy-check\r\nConnection: close\r\n\r\n`;
  return Buffer.concat([header, Buffer.from(request, 'latin1')]);
}
