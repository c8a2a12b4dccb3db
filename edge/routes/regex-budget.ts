/** Expressions are tried one after the other for every request that no exact path takes, so there are not many of them. */
import { MAX_REGEX_ROUTES } from '../../src/documents/edge-keys.js';
import { type Problem, problemOf } from '../../src/model/problem.js';
import type { EdgeApp } from '../edge-app.js';

/** Each costs such a request 0.15 to 0.2 µs, so that all of them cost what four or five requests cost. */
export const MAX_REGEXES = 200;
const HINT = 'every request tries them all; write names and prefixes where those suffice';

interface RegexBudget {
  readonly apps: readonly EdgeApp[];
  /** One for each app that is left out. */
  readonly problems: readonly Problem[];
}

/** In the order of their names the apps get what they ask for, as long as it fits; apps without expressions always fit. */
export function withinRegexBudget(apps: readonly EdgeApp[]): RegexBudget {
  const fitting: EdgeApp[] = [];
  const problems: Problem[] = [];
  let used = 0;
  for (const app of apps.toSorted(({ name: one }, { name: other }) => (one < other ? -1 : 1))) {
    const asked = app.edge.routes.filter(({ host, path }) => host.kind === 'regex' || path.kind === 'regex').length;
    const message =
      asked > MAX_REGEX_ROUTES
        ? `${asked} routes have expressions, more than ${MAX_REGEX_ROUTES}`
        : asked > 0 && used + asked > MAX_REGEXES
          ? `${asked} routes have expressions, but apps before it by name use ${used} of the ${MAX_REGEXES} for all apps`
          : null;
    if (message === null) {
      used += asked;
      fitting.push(app);
    } else problems.push(problemOf(app, 'error', `${app.name}: ${message}`, HINT));
  }
  return { apps: fitting, problems };
}
