import type { Config } from '../config/config.js';
import type { LoadedConfig } from '../config/option-places.js';
import { OPTIONS } from '../config/options.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { DirectorySource } from '../sources/directory/directory-source.js';
import type { Source } from '../sources/source.js';
import { RemovalGuard } from '../state/removal-guard.js';
import { SourceFeed } from './source-feed.js';

interface FeedSurroundings {
  readonly config: Config;
  /** Empty: a program made the config itself, and meant all of it. */
  readonly written: Pick<LoadedConfig, 'settings'>;
  readonly clock: Clock;
  readonly log: Log;
}

interface SourceParts {
  readonly source: Source;
}

/** In order of precedence: what somebody wrote on this very node goes before what is written for the fleet. */
export function createFeeds(
  { config, written, clock, log }: FeedSurroundings,
  consul: SourceParts | null,
  docker: SourceParts | null,
): SourceFeed[] {
  const { settings } = written;
  const isDefault = settings.some(({ name, origin }) => name === OPTIONS.servicesDir.name && origin === 'default');
  const isOptional = isDefault && (consul !== null || docker !== null);
  const sources: Source[] = [new DirectorySource({ directory: config.servicesDir, clock, log, isOptional })];
  if (consul !== null) sources.push(consul.source);
  if (docker !== null) sources.push(docker.source);
  return sources.map((source) => {
    const guard = new RemovalGuard({ clock, maxRemovalShare: config.maxRemovalShare });
    return new SourceFeed(source, guard, clock, log);
  });
}
