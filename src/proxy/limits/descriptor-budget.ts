/**
 * How a worker divides its descriptors (RLIMIT_NOFILE), so that it never runs out of them. Without a free one libuv closes
 * each new client silently, and a connect to a healthy instance fails.
 *
 *   descriptors = 64 (event loop, channel to the primary, logs)
 *               + 2 × slots (what listens)
 *               + connections to health ports (a sixteenth of all, 16 to 1 024)
 *               + clients + connections to instances (as many as clients)
 */

const FIXED = 64;
const SHARE_OF_CHECKERS = 1 / 16;
const MIN_CHECKERS = 16;
const MAX_CHECKERS = 1_024;

/** Connections that health ports may have. */
export function checkersFor(descriptors: number): number {
  return Math.max(MIN_CHECKERS, Math.min(MAX_CHECKERS, Math.floor(descriptors * SHARE_OF_CHECKERS)));
}

/** Connections that clients may have; 0 when the slots need all descriptors. */
export function clientsFor(descriptors: number, slots: number): number {
  const left = descriptors - FIXED - 2 * slots - checkersFor(descriptors);
  return Math.max(0, Math.floor(left / 2));
}

/** Descriptors that so many clients need. */
export function descriptorsFor(clients: number, slots: number): number {
  let descriptors = 2 * clients + 2 * slots + FIXED + MIN_CHECKERS;
  while (clientsFor(descriptors, slots) < clients) descriptors += 2 * clients - 2 * clientsFor(descriptors, slots);
  return descriptors;
}

/** Counts connections to instances: those in use are at most as many as clients; the idle ones have to give way. */
export class UpstreamCount {
  limit = Number.POSITIVE_INFINITY;
  #open = 0;
  #isClosing = false;
  readonly #closeIdle: () => void;

  constructor(closeIdle: () => void) {
    this.#closeIdle = closeIdle;
  }

  add(): void {
    this.#open += 1;
    if (this.#open <= this.limit || this.#isClosing) return;
    this.#isClosing = true;
    this.#closeIdle();
    // They are counted out when their sockets say so, later in this turn.
    setImmediate(() => {
      this.#isClosing = false;
    });
  }

  remove(): void {
    this.#open -= 1;
  }
}
