import type { Config } from '../config/config.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { DirectorySource } from '../sources/directory/directory-source.js';
import type { Source } from '../sources/source.js';
import { RemovalGuard } from '../state/removal-guard.js';
import type { ConsulParts } from './consul-parts.js';
import type { DockerParts } from './docker-parts.js';
import { SourceFeed } from './source-feed.js';

interface FeedSurroundings {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
}

/** In order of precedence: what somebody wrote on this very node goes before what is written for the fleet. */
export function createFeeds(
  { config, clock, log }: FeedSurroundings,
  consul: ConsulParts | null,
  docker: DockerParts | null,
): SourceFeed[] {
  const sources: Source[] = [new DirectorySource({ directory: config.servicesDir, clock, log })];
  if (consul !== null) sources.push(consul.source);
  if (docker !== null) sources.push(docker.source);
  return sources.map((source) => {
    const guard = new RemovalGuard({ clock, maxRemovalShare: config.maxRemovalShare });
    return new SourceFeed(source, guard, clock, log);
  });
}
