import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { App } from '../model/app.js';
import type { Problem } from '../model/problem.js';
import type { InstanceReport, Offer, Source, SourceReading } from '../sources/source.js';
import { diffApps, hasRemoval } from '../state/diff.js';
import { hasLeft, lostOffers, withEmptied } from '../state/offer-changes.js';
import type { RemovalGuard } from '../state/removal-guard.js';

export interface HeldLoss {
  readonly app: string;
  /** Ids of instances; null: the whole app. */
  readonly instances: readonly string[] | null;
}

/** What is lost, for people. */
export function lossText({ instances }: HeldLoss): string {
  return instances === null ? 'the app' : instances.join(', ');
}

/**
 * A source and what is believed of it: its last good answer, held against a suspicious loss, or the apps from the disk
 * until it has spoken for the first time.
 */
export class SourceFeed {
  readonly name: string;
  readonly #source: Source;
  readonly #guard: RemovalGuard;
  readonly #offerGuard: RemovalGuard;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners: ((isRemoval: boolean) => void)[] = [];
  /** The newest answer as it came, before the guard. */
  #answer: SourceReading | null = null;
  #believed: SourceReading | null = null;
  #guardProblems: readonly Problem[] = [];
  #isStored = false;
  #isUp = false;
  #isInUse = true;
  #lastGoodAt: number;
  #whenKnown: (() => void)[] = [];
  #saidReason: string | null = null;

  constructor(source: Source, guard: RemovalGuard, clock: Clock, log: Log) {
    this.name = source.name;
    this.#source = source;
    this.#guard = guard;
    this.#offerGuard = guard.sibling();
    this.#clock = clock;
    this.#log = log;
    this.#lastGoodAt = clock.now();
  }

  /** null until something is known. */
  get reading(): SourceReading | null {
    return this.#believed;
  }

  get problems(): readonly Problem[] {
    return this.#guardProblems;
  }

  /** Apps and instances that the source has lost and that are served on, since the loss is doubted. */
  get held(): readonly HeldLoss[] {
    if (this.#guardProblems.length === 0 || this.#answer === null || this.#believed === null) return [];
    const { added, changed } = diffApps(this.#answer.apps, this.#believed.apps);
    return [
      ...added.map((app) => ({ app, instances: null })),
      ...changed.flatMap((app) => (app.added.length === 0 ? [] : [{ app: app.name, instances: app.added }])),
      ...lostOffers(this.#believed.offers ?? [], this.#answer.offers ?? []).map(({ name, instances }) => ({
        app: name,
        instances: instances.map(({ id }) => id),
      })),
    ];
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** The source itself has been read at least once since the start; the apps kept on disk do not count as a reading. */
  get hasAnswered(): boolean {
    return this.#answer !== null;
  }

  /** false: this node has no such source, so it is neither down nor waited for. */
  get isInUse(): boolean {
    return this.#isInUse;
  }

  /** Why it can't be read at present; null while it can, and before the first attempt. */
  get failure(): string | null {
    return this.#saidReason;
  }

  /** What is believed was not confirmed by the source just now: it is from the disk, or the source fails. */
  get isStale(): boolean {
    return this.#isStored || !this.#isUp;
  }

  /** How long ago the source last gave a good answer while it is failing. */
  get staleMs(): number {
    return this.isStale ? this.#clock.now() - this.#lastGoodAt : 0;
  }

  /** @param listener told whether apps or instances left: those must not wait. */
  onChange(listener: (isRemoval: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Serves what was in force before the last stop until the source says more. */
  restore(apps: readonly App[], offers: readonly Offer[] = []): void {
    this.#source.restore?.(apps);
    this.#believed = { apps, offers, problems: [] };
    this.#isStored = true;
  }

  start(): void {
    this.#source.start({
      onReading: (reading) => this.#onAnswer(reading),
      onConfirmed: () => {
        if (this.#isUp) this.#lastGoodAt = this.#clock.now();
      },
      onFailure: (reason) => this.#onFailure(reason),
      onAbsent: (reason) => this.#onAbsent(reason),
    });
  }

  /** Resolves when the source has spoken for the first time, well or badly. */
  hasSpoken(): Promise<void> {
    if (this.#answer !== null || this.#isStored || !this.#isInUse) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenKnown.push(resolve);
    });
  }

  refresh(): void {
    this.#source.refresh();
  }

  /** For people; empty where the reading says all. */
  reportInstances(app: string): readonly InstanceReport[] {
    return this.#source.reportInstances?.(app) ?? [];
  }

  stop(): Promise<void> {
    return this.#source.stop();
  }

  /** A person says that the loss is meant. @returns false when nothing is held. */
  acceptRemoval(): boolean {
    if (this.#guardProblems.length === 0 || this.#answer === null) return false;
    this.#guard.accept();
    this.#offerGuard.accept();
    this.#believe(this.#answer);
    return true;
  }

  #onAnswer(said: SourceReading): void {
    const doubt = said.doubt ?? this.#doubtOf(said);
    const answer = doubt === undefined ? said : { ...said, doubt };
    this.#isInUse = true;
    this.#isStored = false;
    this.#answer = answer;
    if (answer.failure === undefined) {
      if (!this.#isUp) this.#log.info({ source: this.name, apps: answer.apps.length }, 'the source is up');
      this.#isUp = true;
      this.#saidReason = null;
      this.#lastGoodAt = this.#clock.now();
    } else this.#onFailure(answer.failure);
    this.#believe(answer);
  }

  /**
   * A source that comes back may come back with less than it had, and with too few apps for the guard to notice: a mount
   * that is missing, a Consul that begins anew, also while this node was down.
   */
  #doubtOf({ apps, offers = [], failure }: SourceReading): string | undefined {
    if (failure !== undefined) return undefined;
    if (!this.#isUp && this.#saidReason !== null) return 'it had failed';
    return this.#isStored && apps.length === 0 && offers.length === 0 ? 'its first answer since the start' : undefined;
  }

  #believe(answer: SourceReading): void {
    const { apps: before = [], offers: offersBefore = [], claims: claimsBefore = [] } = this.#believed ?? {};
    const ofApps = this.#guard.check(this.name, before, answer.apps, answer);
    const told = withEmptied(offersBefore, answer.offers ?? []);
    const ofOffers = this.#offerGuard.check(this.name, offersBefore, told, answer);
    const { apps } = ofApps;
    const offers = ofOffers.apps.filter(({ instances }) => instances.length > 0);
    const { problems, claims = [], gone = [] } = answer;
    const hasOffers = answer.offers !== undefined || offers.length > 0;
    this.#believed = { apps, problems, ...(hasOffers ? { offers, claims, gone } : {}) };
    this.#guardProblems = [ofApps, ofOffers].flatMap(({ problem }) => (problem === null ? [] : [problem]));
    for (const { recheckInMs } of [ofApps, ofOffers]) {
      if (recheckInMs === null) continue;
      this.#clock.setTimer(recheckInMs, () => {
        if (this.#answer === answer) this.#believe(answer);
      });
    }
    const isLoss = lostOffers(offersBefore, offers).length > 0 || hasLeft(claimsBefore, claims);
    this.#announce(isLoss || hasRemoval(diffApps(before, apps)));
  }

  #onFailure(reason: string): void {
    // Once for each reason: it is tried for ever, and fails as often.
    if (reason !== this.#saidReason) this.#log.error({ source: this.name, reason }, 'reading the source failed');
    this.#saidReason = reason;
    this.#isInUse = true;
    this.#isUp = false;
    this.#announce(false);
  }

  #onAbsent(reason: string): void {
    if (!this.#isInUse) return;
    this.#log.info({ source: this.name, reason }, 'the source is not in use until it is there');
    this.#saidReason = null;
    this.#isInUse = false;
    this.#announce(false);
  }

  #announce(isRemoval: boolean): void {
    for (const resolve of this.#whenKnown.splice(0)) resolve();
    for (const listener of this.#listeners) listener(isRemoval);
  }
}
