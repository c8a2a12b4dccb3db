import type { App } from '../model/app.js';
import { type Problem, placeOf } from '../model/problem.js';

/** What one source says at this moment. */
interface NamedState {
  /** Name of the source. */
  readonly name: string;
  readonly state: { readonly apps: readonly App[]; readonly problems: readonly Problem[] };
}

export interface MergedState {
  /** Sorted by name. */
  readonly apps: readonly App[];
  readonly problems: readonly Problem[];
}

/**
 * Puts the sources together: an app comes whole from the first source that has it, never half from one and half from
 * another.
 * @param states in order of precedence, the first wins
 */
export function mergeSources(states: readonly NamedState[]): MergedState {
  const winners = new Map<string, { readonly app: App; readonly source: string }>();
  const problems: Problem[] = [];
  for (const { name: source, state } of states) {
    problems.push(...state.problems);
    for (const app of state.apps) {
      const winner = winners.get(app.name);
      if (winner === undefined) winners.set(app.name, { app, source });
      else problems.push(hiddenProblem(app, source, winner));
    }
  }
  const apps = [...winners.values()].map(({ app }) => app).sort(compareNames);
  return { apps, problems };
}

/** By code units, so that the order is the same in every locale. */
function compareNames(a: App, b: App): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

function hiddenProblem(app: App, source: string, winner: { readonly app: App; readonly source: string }): Problem {
  const { location, line, col } = app.origin;
  return {
    severity: 'warning',
    app: app.name,
    file: location,
    line,
    col,
    message: `${app.name}: source ${source} is hidden by source ${winner.source}, which defines this app in ${placeOf(winner.app.origin)}`,
    hint: 'remove one of the two, or rename it',
  };
}
