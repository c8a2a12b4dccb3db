import type { Clock, Random, Timer } from '../core/clock.js';
import { isOtherLife } from '../core/lives.js';
import type { Log } from '../core/log.js';
import type { HealthCheck, ProxyVersion } from '../model/app.js';
import { CheckPace } from './check-pace.js';
import { LoopLag } from './loop-lag.js';
import { HealthCounts, type LastCheck, type Measurement } from './measurement.js';
import { failureFrom, type Probe, type ProbeResult } from './probe.js';
import { probeHttp } from './probe-http.js';
import { probeTcp } from './probe-tcp.js';
import { afterCheck, type Condition, EJECTED, type Health, UNCHECKED } from './rise-fall.js';

/** Connects that traffic lost one after another before an instance is taken out without waiting for its checks. */
const PASSIVE_FAILURES = 3;
/** A failed check does not count when this process could not run for this part of the check's timeout. */
const STARVED_SHARE = 0.25;
/**
 * A container is known from its start, and its app listens a moment later: it is asked so often until it has passed once, and
 * that once is enough. (With the usual interval and rise of 2 it served 1.5 s after it listened.)
 */
const START_INTERVAL_MS = 100;
/** An app that takes longer is asked at the usual interval from then on. */
const START_MS = 10_000;

export interface CheckTarget {
  /** Unique; what is known of a target is kept by it. */
  readonly key: string;
  /** Another one under the same key is measured from the beginning; null or absent: its restarts are unknown. */
  readonly life?: string | null;
  readonly host: string;
  readonly port: number;
  /** Where the check's connection leaves from; null or absent: the kernel chooses. */
  readonly localAddress?: string | null;
  readonly check: HealthCheck;
  /** HTTP checks begin their connection with this PROXY header. */
  readonly sendProxy?: ProxyVersion;
  /** Targets that can stand in for each other: traffic's failures never eject the last one of them that is up. */
  readonly group: string;
}

interface Checked {
  target: CheckTarget;
  condition: Condition;
  last: LastCheck | null;
  /** The node that answered last. */
  node: string | null;
  /** When it was first heard of. */
  readonly createdAt: number;
  hasBeenUp: boolean;
  /** When its health last changed, or when it was first heard of. */
  since: number;
  readonly counts: HealthCounts;
  timer: Timer | null;
  readonly pace: CheckPace;
  /** Ends the check that is under way. */
  readonly abort: AbortController;
}

interface HealthCheckerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How to ask; the real probes unless a test brings its own. */
  readonly probe?: Probe;
}

/** The one checker of the node: so many checks a second as there are instances, however many workers there are. */
export class HealthChecker {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #probe: Probe;
  readonly #checked = new Map<string, Checked>();
  readonly #listeners: ((key: string, isUp: boolean) => void)[] = [];
  readonly #lag: LoopLag;
  #isStopped = false;

  constructor({ clock, random, log, probe }: HealthCheckerOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#lag = new LoopLag(clock);
    this.#probe =
      probe ??
      ((target, signal) => (target.check.path === null ? probeTcp(target, signal) : probeHttp(target, signal)));
  }

  /** Told of each change of health, also of the first one of a new target, and when another node answers. */
  onChange(listener: (key: string, isUp: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Replaces what is checked. What stays keeps its health; what is new is checked at once. */
  setTargets(targets: readonly CheckTarget[]): void {
    if (this.#isStopped) return;
    const keys = new Set(targets.map(({ key }) => key));
    for (const [key, checked] of this.#checked) {
      if (keys.has(key)) continue;
      endChecks(checked);
      this.#checked.delete(key);
    }
    for (const target of targets) {
      const known = this.#checked.get(target.key);
      if (known !== undefined && isSameTarget(known.target, target)) {
        this.#retarget(known, target);
        continue;
      }
      if (known !== undefined) endChecks(known);
      const now = this.#clock.now();
      const checked: Checked = {
        target,
        condition: UNCHECKED,
        last: null,
        node: null,
        createdAt: now,
        hasBeenUp: false,
        since: now,
        counts: new HealthCounts(),
        timer: null,
        pace: new CheckPace(this.#random),
        abort: new AbortController(),
      };
      this.#checked.set(target.key, checked);
      void this.#check(checked);
    }
  }

  healthOf(key: string): Health {
    return this.#checked.get(key)?.condition.health ?? 'unchecked';
  }

  lastCheckOf(key: string): LastCheck | null {
    return this.#checked.get(key)?.last ?? null;
  }

  /** Which node answers there (`X-Autoproxy-Node`); null: none that says so, or the target is down and silent. */
  nodeAt(key: string): string | null {
    return this.#checked.get(key)?.node ?? null;
  }

  /** @returns null for what is not checked */
  measurementOf(key: string): Measurement | null {
    const checked = this.#checked.get(key);
    if (checked === undefined) return null;
    const { condition, target, last, since, counts } = checked;
    const record = counts.recordAt(condition.health, this.#clock.now() - since);
    const { health, contrary } = condition;
    return { health, contrary, check: target.check, last, since, record };
  }

  /** Traffic could not connect `failures` times in a row. @param life whom it tried to reach there; null: unknown */
  passiveFailure(key: string, failures: number, life: string | null = null): void {
    const checked = this.#checked.get(key);
    if (checked === undefined || failures < PASSIVE_FAILURES || checked.condition.health !== 'up') return;
    if (isOtherLife(life, checked.target.life ?? null)) return;
    const isLast = ![...this.#checked.values()].some(
      (other) => other !== checked && other.target.group === checked.target.group && other.condition.health === 'up',
    );
    // Alone it may be slow rather than dead, and nobody would take its place: its checks decide.
    if (isLast) return;
    this.#log.warn({ target: key, failures }, 'ejected: connections for traffic failed');
    const detail = `${failures} connections for traffic failed`;
    checked.last = { ok: false, detail, code: 'HANA', at: this.#clock.now() };
    this.#become(checked, EJECTED, undefined);
  }

  stop(): void {
    this.#isStopped = true;
    for (const checked of this.#checked.values()) endChecks(checked);
    this.#checked.clear();
  }

  /** A new interval counts from now: the old one may be an hour. */
  #retarget(checked: Checked, target: CheckTarget): void {
    const isOther = checked.target.check.intervalMs !== target.check.intervalMs;
    checked.target = { ...target, life: target.life ?? checked.target.life ?? null };
    if (!isOther || checked.timer === null) return;
    checked.timer.cancel();
    this.#schedule(checked);
  }

  async #check(checked: Checked): Promise<void> {
    const { target } = checked;
    const startedAt = this.#clock.now();
    const endWatch = this.#lag.watch();
    const { hasPassed, detail, code, status, isOwnFault = false, node } = await this.#ask(target, checked.abort.signal);
    const lostMs = endWatch();
    if (this.#checked.get(target.key) !== checked) return;
    const tookMs = this.#clock.now() - startedAt;
    // The answer may have been there in time, and we were not: else a starved node would eject all it has.
    const wasStarved = !hasPassed && lostMs > target.check.timeoutMs * STARVED_SHARE;
    try {
      if (!wasStarved && !isOwnFault) {
        const words = { ...(code !== undefined && { code }), ...(status !== undefined && { status }) };
        checked.last = { ok: hasPassed, detail, ...words, tookMs, at: this.#clock.now() };
        if (!hasPassed) checked.counts.onFailure(checked.condition.health);
        const { check } = checked.target;
        const rise = this.#isStarting(checked) ? 1 : check.rise;
        this.#become(checked, afterCheck(checked.condition, hasPassed, { ...check, rise }), node);
      }
    } finally {
      // A listener that throws must not end the checks of the target.
      this.#schedule(checked);
    }
  }

  /** A probe that throws, at once or later, is a bug of ours: it must not end the process or blame the target. */
  async #ask(target: CheckTarget, signal: AbortSignal): Promise<ProbeResult> {
    try {
      return await this.#probe(target, signal);
    } catch (error) {
      this.#log.error({ target: target.key, err: error }, 'a check failed by an unexpected error');
      return { ...failureFrom(error), isOwnFault: true };
    }
  }

  #schedule(checked: Checked): void {
    // A listener may have taken the target away just now.
    if (this.#checked.get(checked.target.key) !== checked) return;
    const isUp = checked.condition.health === 'up';
    const usualMs = checked.target.check.intervalMs;
    const intervalMs = !isUp && this.#isStarting(checked) ? Math.min(usualMs, START_INTERVAL_MS) : usualMs;
    const now = this.#clock.now();
    const dueAt = checked.pace.nextAt(now, intervalMs, this.#checked.size);
    checked.timer = this.#clock.setTimer(Math.max(0, dueAt - now), () => {
      checked.timer = null;
      checked.pace.onBegin(this.#clock.now());
      void this.#check(checked);
    });
  }

  #isStarting({ target, createdAt, hasBeenUp }: Checked): boolean {
    return (target.life ?? null) !== null && !hasBeenUp && this.#clock.now() - createdAt < START_MS;
  }

  /** @param node that answered; undefined: no answer came. One lost answer does not mean that another node is there now. */
  #become(checked: Checked, condition: Condition, node: string | null | undefined): void {
    const before = checked.condition.health;
    const nodeBefore = checked.node;
    checked.condition = condition;
    checked.hasBeenUp ||= condition.health === 'up';
    if (node !== undefined || condition.health !== 'up') checked.node = node ?? null;
    if (before === condition.health && nodeBefore === checked.node) return;
    const { key } = checked.target;
    if (before !== condition.health) {
      const now = this.#clock.now();
      checked.counts.onEnd(before, now - checked.since);
      checked.since = now;
      this.#log.info(
        { target: key, from: before, to: condition.health, detail: checked.last?.detail },
        'health changed',
      );
    }
    for (const listener of this.#listeners) listener(key, condition.health === 'up');
  }
}

/** Nobody asks there any more, and no check that is under way waits for an answer. */
function endChecks({ timer, abort }: Checked): void {
  timer?.cancel();
  abort.abort();
}

/** Another address, or another life at the same address, is another target, even under the same key. */
function isSameTarget(known: CheckTarget, target: CheckTarget): boolean {
  if (known.host !== target.host || known.port !== target.port) return false;
  return !isOtherLife(known.life ?? null, target.life ?? null);
}
