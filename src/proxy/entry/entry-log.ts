import { MessageRate } from '../../core/message-rate.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import type { BleedRefusal } from './bleed-door.js';
import type { Refusal } from './proxy-preface.js';

/** Accept errors come in bursts (out of descriptors); one line a second says enough. */
const ACCEPT_INTERVAL_MS = 1_000;
/** A balancer with a wrong configuration has it for each of its connections. */
const REFUSAL_INTERVAL_MS = 10_000;

/** Says of a slot which connections were not let in, one line for many. */
export class EntryLog {
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  readonly #acceptErrors: MessageRate;
  readonly #refusals: MessageRate;

  constructor(slot: Slot, worker: WorkerContext) {
    this.#slot = slot;
    this.#worker = worker;
    this.#acceptErrors = new MessageRate(worker.clock, ACCEPT_INTERVAL_MS);
    this.#refusals = new MessageRate(worker.clock, REFUSAL_INTERVAL_MS);
  }

  noteAcceptError(error: Error): void {
    const { app, config } = this.#slot;
    const suppressed = this.#acceptErrors.ask();
    if (suppressed === null) return;
    this.#worker.log.error({ app, port: config.port, err: error, suppressed }, 'accepting a connection failed');
  }

  /** The connection began with something else than a PROXY header: its sender, and the likely cause. */
  notePreface({ peer, reason, firstBytes }: Refusal): void {
    const { app, config } = this.#slot;
    const suppressed = this.#refusals.ask();
    if (suppressed === null) return;
    this.#worker.log.warn(
      { app, port: config.port, peer, reason, firstBytes, suppressed },
      'a connection without a valid PROXY header was closed',
    );
  }

  noteBleed({ peer, reason }: BleedRefusal): void {
    const { app, config } = this.#slot;
    const suppressed = this.#refusals.ask();
    if (suppressed === null) return;
    this.#worker.log.warn({ app, port: config.port + 1, peer, reason, suppressed }, 'a bled connection was refused');
  }
}
