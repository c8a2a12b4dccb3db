import type { Cluster } from '../cluster/cluster.js';
import type { Config } from '../config/config.js';
import type { ControlPlane } from '../control/control-plane.js';
import type { SourceFeed } from '../control/source-feed.js';
import type { Clock } from '../core/clock.js';
import type { HealthChecker } from '../health/checker.js';
import type { Overrides } from '../sources/overrides/overrides.js';

/** What of the node says how its apps are served: the parts that `status` and `why` read. */
export interface ServingParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly checker: HealthChecker;
  readonly overrides: Overrides;
  readonly feeds: readonly SourceFeed[];
  readonly plane: ControlPlane;
}
