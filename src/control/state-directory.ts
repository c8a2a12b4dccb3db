import { runDirectoryOf } from '../cluster/run-directory.js';
import { StateClaim, StateDirectoryHeld } from '../cluster/state-claim.js';
import type { Config } from '../config/config.js';
import type { Clock, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { makeDirectories } from '../core/make-directories.js';
import { hostPort } from '../core/networks.js';
import { codeOf, reasonOf } from '../core/thrown.js';

/** A full disk does not empty in a second. */
const RETRY_MS = 5_000;
/** The disk has no room, for anybody or for this user. */
const DISK_FULL = ['ENOSPC', 'EDQUOT'];

interface StateDirectoryOptions {
  readonly config: Pick<Config, 'stateDir' | 'node' | 'admin'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Why a state directory does less than it should. */
export interface DirectoryFailure {
  readonly directory: string;
  /** Whether anything is kept there; it is not locked then. */
  readonly isUsed: boolean;
  /** As the system names it; empty where it names none. */
  readonly code: string;
  readonly reason: string;
  /** Wall time. */
  readonly sinceMs: number;
}

/**
 * Where the node keeps what outlives it, and the lock on that place. A node without a place to write, or without a lock,
 * serves all the same: it forgets more at its end. A lock that failed is taken later.
 */
export class StateDirectory {
  /** null: nothing can be written there. */
  readonly path: string | null;
  readonly #options: StateDirectoryOptions;
  #claim: StateClaim | null = null;
  #onClaimed: ((claim: StateClaim) => Promise<void>) | null = null;
  #timer: Timer | null = null;
  #taking: Promise<void> | null = null;
  #isReleased = false;
  #saidHeld = false;
  #failure: DirectoryFailure | null = null;

  /**
   * Makes the directory and locks it.
   * @throws StateDirectoryHeld when another node has it: two would lose each other's decisions
   */
  static async open(options: StateDirectoryOptions): Promise<StateDirectory> {
    const { config, log } = options;
    try {
      await makeDirectories(config.stateDir);
    } catch (error) {
      if (!DISK_FULL.includes(codeOf(error))) {
        log.warn(
          { directory: config.stateDir, reason: reasonOf(error) },
          'nothing will be kept over a restart; give --state-dir a writable directory',
        );
        const none = new StateDirectory(null, options);
        none.#noteFailure(error);
        return none;
      }
    }
    const directory = new StateDirectory(config.stateDir, options);
    try {
      directory.#claim = await directory.#take();
    } catch (error) {
      if (error instanceof StateDirectoryHeld) throw error;
      directory.#noteFailure(error);
      log.warn(
        { directory: config.stateDir, reason: reasonOf(error) },
        'the state directory could not be locked: a second node that uses it will not be noticed; it is tried again',
      );
      directory.#takeLater();
    }
    return directory;
  }

  constructor(path: string | null, options: StateDirectoryOptions) {
    this.path = path;
    this.#options = options;
  }

  /** null: it could not be locked yet. */
  get claim(): StateClaim | null {
    return this.#claim;
  }

  get failure(): DirectoryFailure | null {
    return this.#failure;
  }

  /** @param onClaimed called when a lock that failed at the start is there */
  onLateClaim(onClaimed: (claim: StateClaim) => Promise<void>): void {
    this.#onClaimed = onClaimed;
  }

  /** Another node may have the directory then. */
  async release(): Promise<void> {
    this.#isReleased = true;
    this.#timer?.cancel();
    await this.#taking;
    await this.#claim?.release();
  }

  #take(): Promise<StateClaim> {
    const { stateDir, node, admin } = this.#options.config;
    const holder = { pid: process.pid, node, admin: hostPort(admin.host, admin.port) };
    return StateClaim.take({ stateDirectory: stateDir, runDirectory: runDirectoryOf(stateDir), holder });
  }

  #takeLater(): void {
    if (this.#isReleased) return;
    this.#timer = this.#options.clock.setTimer(RETRY_MS, () => {
      this.#taking = this.#takeNow();
    });
  }

  async #takeNow(): Promise<void> {
    const { log } = this.#options;
    try {
      this.#claim = await this.#take();
      this.#failure = null;
      log.info({ directory: this.path }, 'the state directory is locked now');
      await this.#onClaimed?.(this.#claim);
    } catch (error) {
      if (error instanceof StateDirectoryHeld && !this.#saidHeld) {
        this.#saidHeld = true;
        log.error({ reason: error.message }, 'two nodes use one state directory: each loses decisions of the other');
      }
      if (this.#claim !== null) return;
      this.#noteFailure(error);
      this.#takeLater();
    }
  }

  #noteFailure(error: unknown): void {
    const { config, clock } = this.#options;
    this.#failure = {
      directory: config.stateDir,
      isUsed: this.path !== null,
      code: codeOf(error),
      reason: reasonOf(error),
      sinceMs: this.#failure?.sinceMs ?? clock.wallTime(),
    };
  }
}
