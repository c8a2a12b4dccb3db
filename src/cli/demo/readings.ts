import type { AppStatus, StateDocument } from '../../admin/state-document.js';
import { appFiguresFrom } from '../app-figures.js';
import type { DemoRow } from './screen.js';

interface Sample {
  readonly atMs: number;
  readonly state: StateDocument;
}

/** Rates and percentiles are of this much time: short enough to see a step, long enough to stand still. */
const WINDOW_MS = 3_000;

/** Keeps the newest state documents of one node and reads figures from their difference. */
export class NodeReadings {
  readonly #samples: Sample[] = [];

  add(atMs: number, state: StateDocument): void {
    this.#samples.push({ atMs, state });
    while ((this.#samples[1]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#samples.shift();
  }

  get newest(): StateDocument | null {
    return this.#samples.at(-1)?.state ?? null;
  }

  rows(): DemoRow[] {
    const newest = this.#samples.at(-1);
    const oldest = this.#samples[0];
    if (newest === undefined || oldest === undefined) return [];
    return newest.state.apps.map((app) => ({
      node: newest.state.node,
      recent: appFiguresFrom(app, appNamed(oldest.state, app.name)),
      overall: appFiguresFrom(app, null),
      windowMs: newest.atMs - oldest.atMs,
      instances: app.instances.map(({ state, health }) =>
        state !== 'ready' ? 'aside' : health === 'down' ? 'down' : 'up',
      ),
    }));
  }

  /** For the line that says how often the table was changed under traffic. */
  revisionText(): string {
    const state = this.newest;
    if (state === null) return 'no answer yet';
    const broken = state.problems.filter(({ severity }) => severity === 'error').length;
    const problems = broken === 0 ? '' : `, ${broken} problem${broken === 1 ? '' : 's'} in its files`;
    return `${state.node} revision ${state.revision}${problems}`;
  }
}

function appNamed(state: StateDocument, name: string): AppStatus | null {
  return state.apps.find((app) => app.name === name) ?? null;
}
