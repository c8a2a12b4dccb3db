/** How the apps of the node looked before, as changes that are undone from now backwards; in bounded memory. */
import type { AppView } from '../admin/page/page-document.js';

/** In apps and instances together: some 5 MB. */
const MAX_WEIGHT = 20_000;

interface Undo {
  readonly at: number;
  readonly app: string;
  /** As it was before; null: it was not there. */
  readonly before: AppView | null;
}

export class PastViews {
  readonly #maxWeight: number;
  /** Oldest first. */
  readonly #undos: Undo[] = [];
  #weight = 0;
  /** What happened before is not known. */
  #begin: number;

  constructor(begin: number, { maxWeight = MAX_WEIGHT }: { readonly maxWeight?: number } = {}) {
    this.#begin = begin;
    this.#maxWeight = maxWeight;
  }

  get begin(): number {
    return this.#begin;
  }

  note(at: number, app: string, before: AppView | null): void {
    const place = this.#undos.findLastIndex((undo) => undo.at <= at) + 1;
    this.#undos.splice(place, 0, { at, app, before });
    this.#weight += weightOf(before);
    while (this.#weight > this.#maxWeight) {
      const oldest = this.#undos.shift();
      if (oldest === undefined) return;
      this.#weight -= weightOf(oldest.before);
      this.#begin = oldest.at;
    }
  }

  /** @param now how they look now. @returns null for a time before `begin` */
  at(time: number, now: readonly AppView[]): readonly AppView[] | null {
    if (time < this.#begin) return null;
    const views = new Map(now.map((view) => [view.name, view]));
    for (const { at, app, before } of this.#undos.toReversed()) {
      if (at <= time) break;
      if (before === null) views.delete(app);
      else views.set(app, before);
    }
    return [...views.values()];
  }
}

function weightOf(view: AppView | null): number {
  return 1 + (view?.instances.length ?? 0);
}
