import { type MergedApps, mergeSources } from '../state/merge.js';
import type { SourceFeed } from './source-feed.js';

/**
 * What the sources say at this moment, without the operators' decisions.
 * @param feeds in order of precedence
 */
export function mergeFeeds(feeds: readonly SourceFeed[]): MergedApps {
  const known = feeds.flatMap(({ name, reading }) => (reading === null ? [] : [{ name, reading }]));
  return mergeSources(
    known,
    feeds.every(({ reading, isInUse }) => reading !== null || !isInUse),
  );
}
