import { retryDelayMs } from '../consul/blocking-rules.js';
import { ConsulConnection } from '../consul/connection.js';
import type { ConsulSettings } from '../consul/settings.js';
import { deregisterNode, type NodeRegistration, registerNode } from '../consul/writes.js';
import type { Clock, Random, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { reasonOf } from '../core/thrown.js';

/** A stopping node has more to do than to wait for a Consul that is gone. */
const DEREGISTER_MS = 1_000;

interface ConsulRegistrationOptions {
  readonly settings: ConsulSettings;
  readonly registration: NodeRegistration;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Keeps this node in the catalogue, so that the others of its pod find it.
 *
 *   absent ──start──► registering ──done──► registered ──renew──► registering
 *                       │    ▲                   └──stop──► gone
 *                       └────┘ failed: again after a delay
 */
export class ConsulRegistration {
  readonly #options: ConsulRegistrationOptions;
  readonly #connection: ConsulConnection;
  #state: 'absent' | 'registering' | 'registered' | 'gone' = 'absent';
  #wasRegistered = false;
  #failingSince: number | null = null;
  #timer: Timer | null = null;

  constructor(options: ConsulRegistrationOptions) {
    this.#options = options;
    this.#connection = new ConsulConnection(options.settings);
  }

  /** From when the node serves. */
  start(): void {
    if (this.#state === 'absent') void this.#register();
  }

  /** The agent took it; whether the catalogue shows it is another matter. */
  get isRegistered(): boolean {
    return this.#state === 'registered';
  }

  /** Somebody saw that the catalogue does not have this node. Nothing before `start`, nothing after `stop`. */
  renew(): void {
    if (this.#state === 'registered') void this.#register();
  }

  /** Leaves the catalogue; never rejects, and does not wait for long. */
  async stop(): Promise<void> {
    const isPerhapsThere = this.#state === 'registered' || this.#state === 'registering';
    this.#state = 'gone';
    this.#timer?.cancel();
    const { registration, log } = this.#options;
    if (isPerhapsThere) {
      await deregisterNode(this.#connection, registration.id, DEREGISTER_MS).catch((error: unknown) =>
        log.warn({ reason: reasonOf(error) }, 'deregistering this node in Consul failed; its check marks it as gone'),
      );
    }
    this.#connection.close();
  }

  async #register(): Promise<void> {
    this.#state = 'registering';
    const { registration, clock, random, log } = this.#options;
    try {
      await registerNode(this.#connection, registration);
      if (this.#isGone()) return;
      const isNews = !this.#wasRegistered || this.#failingSince !== null;
      this.#state = 'registered';
      this.#wasRegistered = true;
      this.#failingSince = null;
      log[isNews ? 'info' : 'debug'](
        { id: registration.id, pod: registration.tag },
        'this node is registered in Consul',
      );
    } catch (error) {
      if (this.#isGone()) return;
      // Once: it is tried for ever.
      if (this.#failingSince === null) log.warn({ reason: reasonOf(error) }, 'registering this node in Consul failed');
      this.#failingSince ??= clock.now();
      const delayMs = retryDelayMs(clock.now() - this.#failingSince, random);
      this.#timer = clock.setTimer(delayMs, () => void this.#register());
    }
  }

  #isGone(): boolean {
    return this.#state === 'gone';
  }
}
