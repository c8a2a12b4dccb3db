/** What the node is to serve: what the sources say, without what no node can serve, with the decisions of operators. */
import type { Config } from '../config/config.js';
import type { App } from '../model/app.js';
import type { Problem } from '../model/problem.js';
import { refuseClashes } from '../model/slot-clashes.js';
import { applyOverrides } from '../sources/overrides/override-list.js';
import type { Overrides } from '../sources/overrides/overrides.js';
import { applyWeights } from '../sources/overrides/weight-list.js';
import type { MergedApps } from '../state/merge.js';
import { withoutOwnListeners } from '../state/own-listeners.js';
import { withoutSlotCircles } from '../state/slot-circles.js';
import { isReachedAt } from './own-address.js';

interface DesiredState {
  readonly apps: readonly App[];
  /** The same apps, as they are without the decisions of operators. */
  readonly undecided: readonly App[];
  readonly problems: readonly Problem[];
}

interface DesiredStateParts {
  readonly config: Pick<Config, 'bind' | 'admin'>;
  readonly overrides: Pick<Overrides, 'list' | 'weights'>;
}

/** @param inForce the apps of the last one: who has a slot keeps it */
export function desiredStateOf(
  { apps, definitions, problems }: MergedApps,
  inForce: readonly App[],
  { config, overrides }: DesiredStateParts,
): DesiredState {
  const clashes = refuseClashes(apps, inForce, [config.admin.port]);
  const isBoundAt = (host: string): boolean => isReachedAt(config.bind, host);
  const admin = { port: config.admin.port, isReachedAt: (host: string) => isReachedAt(config.admin.host, host) };
  const outside = withoutOwnListeners(clashes.apps, definitions, { admin, isBoundAt });
  const straight = withoutSlotCircles(outside.apps, definitions, inForce, isBoundAt);
  return {
    apps: applyWeights(applyOverrides(straight.apps, overrides.list()), overrides.weights()),
    undecided: straight.apps,
    problems: [...problems, ...clashes.problems, ...outside.problems, ...straight.problems],
  };
}
