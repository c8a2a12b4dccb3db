import { readdirSync } from 'node:fs';
import type { Clock, Timer } from '../core/clock.js';
import { descriptorLimit, raiseDescriptorLimit } from '../core/descriptor-limit.js';
import type { Log } from '../core/log.js';
import { MessageRate } from '../core/message-rate.js';
import { codeOf } from '../core/thrown.js';
import type { App } from '../model/app.js';
import type { Problem } from '../model/problem.js';

const LOOK_MS = 5_000;
const SAID_EVERY_MS = 30_000;
/** Fewer free ones are too few: files are read 16 at a time, and the checks of a moment take one each. */
const FEWEST_FREE = 16;
/** Event loop, channels to the workers, files that are read, watched folders, Consul and Docker: 30 to 60 measured. */
const OTHERS = 96;
/** Connections that the admin API takes, at its port and at its socket. */
const ADMIN = 128;

interface WatchParts {
  readonly clock: Clock;
  readonly log: Log;
  /** That are served now. */
  readonly apps: () => readonly App[];
  readonly readLimit?: () => number;
  /** @throws EMFILE when none is free */
  readonly countOpen?: () => number;
}

/**
 * Says when the primary is short of file descriptors. What needs one then waits and tries again: a check learns nothing of its
 * target, a source keeps what it has read, a worker is not replaced, and libuv closes clients of the admin API without a
 * word. So nobody else would say it.
 */
export class DescriptorWatch {
  readonly #parts: WatchParts;
  readonly #readLimit: () => number;
  readonly #countOpen: () => number;
  #limit: number;
  readonly #rate: MessageRate;
  #timer: Timer | null = null;
  /** Open ones, while the primary is short of them. */
  #open: number | null = null;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#readLimit = parts.readLimit ?? descriptorLimit;
    this.#limit = this.#readLimit();
    this.#countOpen = parts.countOpen ?? countOpenFiles;
    this.#rate = new MessageRate(parts.clock, SAID_EVERY_MS);
  }

  start(): void {
    this.#look();
    this.#timer = this.#parts.clock.setTimer(LOOK_MS, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  problems(): readonly Problem[] {
    if (this.#open === null) return [];
    const { message, hint } = this.#told(this.#open);
    return [{ severity: 'error', app: null, file: 'primary', line: null, col: null, message, hint }];
  }

  #look(): void {
    const { log } = this.#parts;
    const open = this.#openFiles();
    if (this.#limit - open >= FEWEST_FREE) {
      if (this.#open !== null) log.info({ open, limit: this.#limit }, 'the primary has file descriptors again');
      this.#open = null;
      return;
    }
    this.#open = open;
    if (this.#rate.ask() === null) return;
    const { message, hint } = this.#told(open);
    log.error({ open, limit: this.#limit, needed: descriptorsNeeded(this.#parts.apps()), hint }, message);
  }

  #openFiles(): number {
    try {
      const open = this.#countOpen();
      // An operator may change it while the node runs (prlimit).
      this.#limit = this.#readLimit();
      return open;
    } catch (error) {
      // Where the kernel shows none, nothing is known.
      return ['EMFILE', 'ENFILE'].includes(codeOf(error)) ? this.#limit : 0;
    }
  }

  #told(open: number) {
    return {
      message:
        `the primary has ${open} of ${this.#limit} file descriptors open; checks, changes of apps and the admin API wait ` +
        'for free ones, and traffic goes on',
      hint: raiseDescriptorLimit(descriptorsNeeded(this.#parts.apps())),
    };
  }
}

/** Of the primary: two listening sockets for each app, and the checks of all instances at one time. */
function descriptorsNeeded(apps: readonly App[]): number {
  const instances = apps.reduce((sum, app) => sum + app.instances.length, 0);
  return OTHERS + ADMIN + 2 * apps.length + instances;
}

function countOpenFiles(): number {
  // Without the one that reads it.
  return readdirSync('/proc/self/fd').length - 1;
}
