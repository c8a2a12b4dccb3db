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
import { failureFrom, type Probe, type ProbeResult } from './probe.js';

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
export function createHttpProbe(): { readonly probe: Probe; close(): Promise<void> } {
  const checks = new Set<HttpCheck>();
  const probe: Probe = (target) =>
    new Promise((resolve) => {
      const { path } = target.check;
      if (!isOriginForm(path ?? '/')) {
        resolve({ hasPassed: false, detail: `the path ${path} holds a byte that no request can have` });
        return;
      }
      const check = new HttpCheck(target, resolve, () => checks.delete(check));
      checks.add(check);
    });
  return {
    probe,
    async close() {
      for (const check of checks) check.cancel();
    },
  };
}

class HttpCheck {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  readonly #resolve: (result: ProbeResult) => void;
  readonly #onEnd: () => void;
  readonly #head = new ResponseHead();
  /** Of a head that is not whole. */
  #unread: Buffer = NOTHING;
  #isAnswered = false;
  #bodyBytes = 0;

  constructor(
    { host, port, check, localAddress = null, sendProxy = 'none' }: Parameters<Probe>[0],
    resolve: (result: ProbeResult) => void,
    onEnd: () => void,
  ) {
    this.#resolve = resolve;
    this.#onEnd = onEnd;
    const { path, timeoutMs } = check;
    // One timer counts for all parts, from the connect to the end of the body.
    this.#timer = setTimeout(() => this.#fail(`no answer within ${formatDuration(timeoutMs)}`), timeoutMs);
    const authority = hostPort(host, port);
    this.#socket = connect({ host, port, ...(localAddress !== null && { localAddress }) });
    this.#socket.on('connect', () => this.#socket.write(requestOf(path ?? '/', authority, sendProxy)));
    this.#socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    this.#socket.on('end', () => this.#onAnswerEnd());
    this.#socket.on('error', (error) => {
      this.#resolve(failureFrom(error));
      this.#end();
    });
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
    while (this.#unread.length > 0 && !this.#isAnswered) {
      const verdict = head.parse(this.#unread, 0, this.#unread.length, HEAD_LIMITS);
      if (verdict === INCOMPLETE) return;
      if (verdict !== COMPLETE) {
        this.#fail(`malformed answer: ${ERRORS[verdict].text}`);
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
    this.#resolve({ hasPassed: status >= 200 && status < 400, detail: `status ${status}`, node });
  }

  #onAnswerEnd(): void {
    if (this.#isAnswered) this.#end();
    else if (this.#unread.length === 0) this.#fail('the connection was closed before an answer');
    else this.#fail('the connection was closed inside the head of an answer');
  }

  cancel(): void {
    this.#fail('cancelled');
  }

  #fail(detail: string): void {
    this.#resolve({ hasPassed: false, detail });
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#onEnd();
  }
}

/** With the PROXY header in the same packet; it has no addresses: the check asks for nobody else. */
function requestOf(path: string, authority: string, sendProxy: ProxyVersion): Buffer {
  const header = sendProxy === 'none' ? NOTHING : sendProxy === 'v1' ? encodeV1(null) : encodeV2(null);
  const request = `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: autoproxy-check\r\nConnection: close\r\n\r\n`;
  return Buffer.concat([header, Buffer.from(request, 'latin1')]);
}
