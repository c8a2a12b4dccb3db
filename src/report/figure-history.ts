/** The last minutes of each app and of the node, a point a second, in bounded memory. */
import { type FigureHistory, type Figures, TREND_STEP_SECONDS } from '../admin/page/page-document.js';

/** Five minutes. An app that has had traffic takes 4.8 KB. */
const POINTS = 300;
/** rate, errors, p50, p99 */
const PER_POINT = 4;

export class FigureHistories {
  readonly #times = new Float64Array(POINTS);
  readonly #total = createRing();
  readonly #byApp = new Map<string, Float32Array>();
  /** How many points there were ever. */
  #count = 0;

  /** @param at wall time in ms. @param figures all apps; an app that is not among them is forgotten */
  add(at: number, total: Figures, figures: ReadonlyMap<string, Figures>): void {
    const place = this.#count % POINTS;
    this.#count += 1;
    this.#times[place] = at / 1_000;
    write(this.#total, place, total);
    for (const [app, values] of figures) {
      let ring = this.#byApp.get(app);
      if (ring === undefined) {
        if (values[0] === 0 && values[1] === 0) continue;
        ring = createRing();
        this.#byApp.set(app, ring);
      }
      write(ring, place, values);
    }
    for (const app of this.#byApp.keys()) if (!figures.has(app)) this.#byApp.delete(app);
  }

  total(): FigureHistory {
    return this.#read(this.#total);
  }

  /** An app without traffic has none: nulls. */
  of(app: string): FigureHistory {
    return this.#read(this.#byApp.get(app) ?? null);
  }

  /** The figures of a second; null: it is not kept. */
  at(time: number): { readonly figuresOf: (app: string) => Figures } | null {
    const seconds = time / 1_000;
    const places = this.#places();
    const place = places.findLast((candidate) => (this.#times[candidate] ?? 0) <= seconds);
    if (place === undefined || seconds - (this.#times[place] ?? 0) > 5) return null;
    return {
      figuresOf: (app) => {
        const ring = this.#byApp.get(app);
        const [rate, errors, p50, p99] = [0, 1, 2, 3].map((field) => valueAt(ring ?? null, place, field));
        return [rate ?? 0, errors ?? 0, p50 ?? null, p99 ?? null, 0, 0, 0, 0, 0];
      },
    };
  }

  trends(): readonly (readonly [app: string, rates: readonly (number | null)[]])[] {
    const places = this.#places();
    return [...this.#byApp].map(([app, ring]) => {
      const rates: (number | null)[] = [];
      for (let end = places.length; end > 0; end -= TREND_STEP_SECONDS) {
        const step = places.slice(Math.max(0, end - TREND_STEP_SECONDS), end);
        rates.unshift(mean(step.map((place) => valueAt(ring, place, 0))));
      }
      return [app, rates];
    });
  }

  #read(ring: Float32Array | null): FigureHistory {
    const places = this.#places();
    const column = (field: number): (number | null)[] => places.map((place) => valueAt(ring, place, field));
    return {
      times: places.map((place) => Math.round((this.#times[place] ?? 0) * 10) / 10),
      rate: column(0),
      errors: column(1),
      p50: column(2),
      p99: column(3),
    };
  }

  /** Oldest first. */
  #places(): readonly number[] {
    const length = Math.min(this.#count, POINTS);
    return Array.from({ length }, (_, index) => (this.#count - length + index) % POINTS);
  }
}

function createRing(): Float32Array {
  return new Float32Array(POINTS * PER_POINT).fill(Number.NaN);
}

function write(ring: Float32Array, place: number, [rate, errors, p50, p99]: Figures): void {
  ring.set([rate, errors, p50 ?? Number.NaN, p99 ?? Number.NaN], place * PER_POINT);
}

function valueAt(ring: Float32Array | null, place: number, field: number): number | null {
  const value = ring?.[place * PER_POINT + field] ?? Number.NaN;
  return Number.isNaN(value) ? null : Number(value.toPrecision(4));
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0
    ? null
    : Number((known.reduce((sum, value) => sum + value, 0) / known.length).toPrecision(3));
}
