import type { App } from '../model/app.js';
import { type Problem, placeOf, problemOf } from '../model/problem.js';
import type { Offer, SourceReading } from '../sources/source.js';
import { joinOffers, type LeftOut } from './join-offers.js';

/** What one source says at this moment. */
interface NamedReading {
  /** Name of the source. */
  readonly name: string;
  readonly reading: Pick<SourceReading, 'apps' | 'problems' | 'offers' | 'claims'>;
}

export interface MergedApps {
  /** Sorted by name, with the instances that containers offer. */
  readonly apps: readonly App[];
  /** The same as their sources define them. */
  readonly definitions: readonly App[];
  readonly offers: readonly Offer[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/**
 * Puts the sources together: an app comes whole from the first source that has it, never half from one and half from
 * another. Containers give instances to apps of any source (join-offers.ts).
 * @param readings in order of precedence, the first wins
 * @param isWhole whether all sources have said what they have
 */
export function mergeSources(readings: readonly NamedReading[], isWhole = true): MergedApps {
  const winners = new Map<string, { readonly app: App; readonly source: string }>();
  const problems: Problem[] = [];
  for (const { name: source, reading } of readings) {
    problems.push(...reading.problems);
    for (const app of reading.apps) {
      const winner = winners.get(app.name);
      if (winner === undefined) winners.set(app.name, { app, source });
      else problems.push(hiddenProblem(app, source, winner));
    }
  }
  const definitions = [...winners.values()].map(({ app }) => app).sort(compareNames);
  const offers = readings.flatMap(({ reading }) => reading.offers ?? []);
  const claims = readings.flatMap(({ reading }) => reading.claims ?? []);
  const inError = new Set(problems.flatMap(({ severity, app }) => (severity === 'error' && app !== null ? [app] : [])));
  const { apps, problems: ofJoin, leftOut } = joinOffers({ apps: definitions, offers, claims, isWhole, inError });
  return { apps, definitions, offers, leftOut, problems: [...problems, ...ofJoin] };
}

/** By code units, so that the order is the same in every locale. */
function compareNames(a: App, b: App): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

function hiddenProblem(app: App, source: string, winner: { readonly app: App; readonly source: string }): Problem {
  const message = `${app.name}: source ${source} is hidden by source ${winner.source}, which defines this app in ${placeOf(winner.app.origin)}`;
  return problemOf(app, 'warning', message, 'remove one of the two, or rename it');
}
