import { Cluster } from '../cluster/cluster.js';
import { runDirectoryOf } from '../cluster/run-directory.js';
import type { WorkerObserver } from '../cluster/worker-observer.js';
import { accessLogSettings } from '../config/access-log-settings.js';
import type { Config } from '../config/config.js';
import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { HealthChecker } from '../health/checker.js';
import { targetKey } from './check-targets.js';

interface ClusterSurroundings {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The workers as the options say, telling the checker of instances that fail. @param stateDirectory null for a node that keeps nothing */
export function createNodeCluster(
  { config, clock, random, log }: ClusterSurroundings,
  stateDirectory: string | null,
  checker: HealthChecker,
  observer: WorkerObserver,
): Cluster {
  const { workers, logLevel, logFormat, maxConnections, orphanGraceMs } = config;
  const accessLog = accessLogSettings(config);
  const runDirectory = stateDirectory === null ? null : runDirectoryOf(stateDirectory);
  return new Cluster({
    workers,
    settings: { logLevel, logFormat, accessLog, maxConnections, orphanGraceMs, runDirectory },
    clock,
    random,
    log,
    observer,
    onPassiveFailure: ({ app, instance, life, failures }) =>
      checker.passiveFailure(targetKey(app, instance), failures, life),
  });
}
