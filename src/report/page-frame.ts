/** What the page of the node shows around its apps. */
import type { PageFrame, SourceView } from '../admin/page/page-document.js';
import type { Readiness } from '../control/readiness.js';
import type { SourceFeed } from '../control/source-feed.js';
import { createLogCounters } from '../metrics/counters.js';
import { accessLogProblems } from './access-log-problems.js';
import { nodeProblems, type ProblemParts } from './node-problems.js';
import type { ServingParts } from './serving-parts.js';

export interface PageFrameParts extends Pick<ServingParts, 'config' | 'clock' | 'cluster' | 'feeds'>, ProblemParts {
  readonly readiness: Readiness;
}

/** More would be a flood: the list of `autoproxy check` has them all. */
const MAX_PROBLEMS = 100;

/** @returns what reads the frame as it is now */
export function createPageFrame(parts: PageFrameParts): () => PageFrame {
  const { config, clock, cluster, feeds, plane, readiness } = parts;
  const startedAt = clock.wallTime();
  let accessLog = createLogCounters();
  cluster.books.onSecond(({ counters }) => {
    accessLog = counters.accessLog;
  });
  return () => {
    const notReady = readiness.reason();
    return {
      node: {
        name: config.node,
        pod: config.pod,
        status: plane.isStopping ? 'stopping' : notReady === null ? 'ready' : 'starting',
        notReady,
        startedAt,
        revision: plane.snapshot?.revision ?? 0,
        appliedRevision: cluster.appliedRevision,
      },
      sources: feeds.filter(({ isInUse }) => isInUse).map(sourceViewFrom),
      workers: cluster
        .workers()
        .map(({ index, pid, state, revision, restarts }) => ({ index, pid, state, revision, restarts })),
      nodes: plane.podNodes.map(({ name, addresses, standing, remark }) => ({ name, addresses, standing, remark })),
      problems: [...accessLogProblems(config.accessLog, accessLog), ...nodeProblems(parts)].slice(0, MAX_PROBLEMS),
    };
  };
}

function sourceViewFrom(feed: SourceFeed): SourceView {
  return {
    name: feed.name,
    up: feed.isUp,
    stale: feed.isStale,
    staleSeconds: Math.round(feed.staleMs / 1_000),
    apps: feed.reading?.apps.length ?? 0,
    failure: feed.failure,
    isHolding: feed.held.length > 0,
  };
}
