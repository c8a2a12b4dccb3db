/**
 * Something may have changed → rendered → applied; bursts become one step, one after another.
 *
 *   IDLE ──changed──► quiet time ──► render ──► apply ──► IDLE      (changed meanwhile: once more)
 *                                      └──failed──┴──► again after a pause, or at the next change
 */
import { Backoff } from '../../src/core/backoff.js';
import type { Clock, Random, Timer } from '../../src/core/clock.js';
import type { Log } from '../../src/core/log.js';
import { reasonOf } from '../../src/core/thrown.js';
import type { Applier, Outcome } from '../apply/apply.js';
import { lastGoodRelease } from '../release/last-good-release.js';
import type { Release } from '../release/release.js';
import type { ReleaseDirectory } from '../release/release-directory.js';
import { LossGuard } from './loss-guard.js';

const STAYS = 'the last good release stays in force';
const NOTHING_TO_SERVE = 'there is no release yet, so HAProxy serves nothing; it is tried again and again';

interface EdgeLoopParts {
  /** Reads and renders all, beside the last good release. Rejects when the registry or the site is unreadable. */
  readonly supply: (current: Release | null) => Promise<Release>;
  readonly directory: ReleaseDirectory;
  readonly applier: Pick<Applier, 'apply' | 'servedRelease'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onOutcome: (outcome: Outcome) => void;
  /** Changes that come within it are one. */
  readonly quietMs: number;
  /** From one reload to the next step, at least: old workers need time to go. */
  readonly reloadPauseMs: number;
}

export class EdgeLoop {
  readonly #parts: EdgeLoopParts;
  readonly #backoff: Backoff;
  readonly #guard: LossGuard;
  #timer: Timer | null = null;
  #working: Promise<void> | null = null;
  #isWanted = false;
  #isStopped = false;
  /** Not before, on the monotonic clock. */
  #notBefore = 0;
  /** What was said last of a failure: it is tried again and again, and said once. */
  #saidFailure = '';
  #hasLastGood = false;
  #saidDamage: string | null = null;

  constructor(parts: EdgeLoopParts) {
    this.#parts = parts;
    this.#backoff = new Backoff({ firstMs: 1_000, maxMs: 30_000, random: parts.random });
    this.#guard = new LossGuard(parts.clock);
  }

  /** Why the last step failed; empty: it did not. */
  get failure(): string {
    return this.#saidFailure;
  }

  /** Something may have changed. */
  onChange(): void {
    this.#isWanted = true;
    this.#startSoon(this.#parts.quietMs);
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#working;
  }

  #startSoon(delayMs: number): void {
    if (this.#isStopped || this.#working !== null || this.#timer !== null) return;
    const { clock } = this.#parts;
    this.#timer = clock.setTimer(Math.max(delayMs, this.#notBefore - clock.now()), () => {
      this.#timer = null;
      this.#working = this.#work().finally(() => {
        this.#working = null;
        if (this.#isWanted) this.#startSoon(this.#parts.quietMs);
      });
    });
  }

  async #work(): Promise<void> {
    this.#isWanted = false;
    const { supply, directory, applier, log, clock, onOutcome, reloadPauseMs } = this.#parts;
    try {
      const { release: current, damage } = await lastGoodRelease(directory);
      this.#sayDamage(damage);
      this.#hasLastGood = current !== null;
      const release = await supply(current);
      const doubt = this.#guard.doubt(await applier.servedRelease(current), release);
      if (doubt !== null) {
        this.#fail(doubt);
        return;
      }
      const outcome = await applier.apply(release);
      if (outcome.kind === 'refused' || outcome.kind === 'rolled-back') {
        this.#fail(`release ${release.id}: ${outcome.kind}: ${outcome.reason}`);
      } else {
        this.#backoff.reset();
        if (this.#saidFailure !== '') log.info('the edge is in order again');
        this.#saidFailure = '';
        if (outcome.kind === 'applied') {
          log.info({ release: release.id, way: outcome.way, why: outcome.why }, 'a release is in force');
          if (outcome.way === 'reload') this.#notBefore = clock.now() + reloadPauseMs;
        }
      }
      onOutcome(outcome);
    } catch (error) {
      this.#fail(reasonOf(error), hintOf(error));
    }
  }

  #sayDamage(damage: string | null): void {
    const hint = 'change the definitions or the site instead; the next release replaces it';
    if (damage !== null && damage !== this.#saidDamage)
      this.#parts.log.error({ reason: damage, hint }, 'the current release is damaged');
    this.#saidDamage = damage;
  }

  #fail(reason: string, hint: string | null = null): void {
    const { log, clock } = this.#parts;
    if (reason !== this.#saidFailure)
      log.error({ reason, ...(hint === null ? {} : { hint }) }, this.#hasLastGood ? STAYS : NOTHING_TO_SERVE);
    this.#saidFailure = reason;
    const pauseMs = this.#backoff.next();
    clock.setTimer(pauseMs, () => this.onChange());
  }
}

/** What to do about it, where the failure says so. */
function hintOf(error: unknown): string | null {
  return error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : null;
}
