import { ERRORS, type ErrorCode } from '../../core/errors.js';
import { MessageRate } from '../../core/message-rate.js';
import type { SlotSnapshot } from '../../snapshot/snapshot.js';
import type { WorkerContext } from './worker-context.js';

const INTERVAL_MS = 10_000;

/** Advice to the operator: a client of another protocol can't show our answer to its user. */
const REMEDIES: Readonly<Partial<Record<ErrorCode, string>>> = {
  HTTP2_UNEXPECTED: 'let the client speak HTTP/1.1, or serve the app with protocol: tcp',
  TLS_UNEXPECTED: 'let the client use http://, or serve the app with protocol: tcp',
  PROXY_HEADER_UNEXPECTED: 'set accept_proxy: true, or take the header out of the balancer',
};

/** Logs clients that speak another protocol than the slot: one line for many of the same. */
export class ForeignClients {
  readonly #rates = new Map<ErrorCode, MessageRate>();

  /** @param code why a request was refused; all others than those of another protocol are passed over */
  note(code: ErrorCode, { app, port }: SlotSnapshot, peer: string, { clock, log }: WorkerContext): void {
    const remedy = REMEDIES[code];
    if (remedy === undefined) return;
    const rate = this.#rates.get(code) ?? new MessageRate(clock, INTERVAL_MS);
    this.#rates.set(code, rate);
    const suppressed = rate.ask();
    if (suppressed === null) return;
    log.warn(
      { app, port, peer, problem: code, reason: ERRORS[code].text, remedy, suppressed },
      'a client speaks another protocol than the slot',
    );
  }
}
