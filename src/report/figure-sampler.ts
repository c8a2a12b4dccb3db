/** Turns the counters of the node, as they come each second, into figures. */
import { APP_FIGURES, type Figures } from '../admin/page/page-document.js';
import type { KeyedObject } from '../core/keyed-object.js';
import type { SlotCounters } from '../metrics/counters.js';
import { createHistogram, percentileMs } from '../metrics/histogram.js';
import type { App } from '../model/app.js';
import {
  addHistogram,
  figuresBetween,
  instanceFiguresBetween,
  latenciesBetween,
  roundMs,
  roundRate,
} from './figures.js';

/** Percentiles of one second jump: they are of the time since the last but one of these marks. */
const MARK_MS = 5_000;

type Slots = KeyedObject<SlotCounters>;

interface Sample {
  readonly at: number;
  readonly slots: Slots;
}

interface SampledFigures {
  readonly total: Figures;
  readonly byApp: ReadonlyMap<string, Figures>;
}

export class FigureSampler {
  #before: Sample | null = null;
  #earlier: Sample | null = null;
  #mark: Sample | null = null;
  #olderMark: Sample | null = null;

  /** The counters have jumped: they cannot be compared with those before. */
  restart(): void {
    this.#before = this.#earlier = null;
  }

  /** Of the last second; only when somebody wants them, because they take as long as all the others. */
  instancesOf({ name, protocol, instances }: App): readonly number[] {
    const [now, before] = [this.#before, this.#earlier];
    const counters = now?.slots[name];
    if (now === null || before === null || counters === undefined) return [];
    const ids = instances.map(({ id }) => id);
    const seconds = Math.max(0.001, (now.at - before.at) / 1_000);
    return instanceFiguresBetween(protocol === 'http', ids, before.slots[name] ?? null, counters, seconds);
  }

  /** @param at monotonic, in ms. @returns null at the first time: there is nothing to compare with */
  sample(at: number, slots: Slots, apps: readonly App[]): SampledFigures | null {
    const now = { at, slots };
    const before = this.#before;
    this.#before = now;
    this.#earlier = before;
    if (before === null) {
      this.#mark = this.#olderMark = now;
      return null;
    }
    const since = this.#olderMark?.slots ?? before.slots;
    const all = createHistogram();
    const byApp = new Map<string, Figures>();
    for (const { name, protocol } of apps) {
      const counters = slots[name];
      if (counters === undefined) continue;
      const latencies = latenciesBetween(since[name] ?? null, counters);
      if (latencies !== null) addHistogram(all, latencies);
      const figures = figuresBetween({
        isHttp: protocol === 'http',
        before: { at: before.at, counters: before.slots[name] ?? null },
        now: { at, counters },
        latencies,
      });
      byApp.set(name, figures);
    }
    if (at - (this.#mark?.at ?? at) >= MARK_MS) {
      this.#olderMark = this.#mark;
      this.#mark = now;
    }
    return { total: totalOf([...byApp.values()], percentileMs(all, 0.5), percentileMs(all, 0.99)), byApp };
  }
}

function totalOf(figures: readonly Figures[], p50: number | null, p99: number | null): Figures {
  const sums = Array.from({ length: APP_FIGURES }, (_, place) =>
    figures.reduce((sum, values) => sum + (values[place] ?? 0), 0),
  );
  const [rate = 0, errors = 0, , , inFlight = 0, queued = 0, clients = 0, bled = 0, bledIn = 0] = sums;
  return [
    ...[roundRate(rate), roundRate(errors)],
    ...[roundMs(p50), roundMs(p99)],
    ...[inFlight, queued, clients],
    ...[roundRate(bled), roundRate(bledIn)],
  ] as unknown as Figures;
}
