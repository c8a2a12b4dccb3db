import type { AppStatus, StateDocument } from '../../admin/state-document.js';
import { formatProblem } from '../../model/problem.js';
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

  /** How often the table was changed, and whether that cost a process. */
  revisionText(): string {
    const state = this.newest;
    if (state === null) return 'no answer yet';
    const restarts = state.workers.reduce((sum, worker) => sum + worker.restarts, 0);
    const cost = restarts === 0 ? 'no process restarted' : `${restarts} workers restarted`;
    return `${state.node} at table ${state.revision}, ${cost}`;
  }

  /** What is wrong in the files of this node; the rest of them is in force. */
  problems(): string[] {
    return this.newest?.problems.map(formatProblem) ?? [];
  }
}

function appNamed(state: StateDocument, name: string): AppStatus | null {
  return state.apps.find((app) => app.name === name) ?? null;
}
