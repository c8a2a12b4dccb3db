/** What a node is made of: its parts, each with those that it needs. Nothing has begun yet. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Inheritance } from './cluster/inheritance.js';
import type { Config } from './config/config.js';
import type { ConfigError, LoadedConfig } from './config/option-places.js';
import type { ConsulParts } from './control/consul-parts.js';
import { ControlPlane } from './control/control-plane.js';
import { DescriptorWatch } from './control/descriptor-watch.js';
import type { DockerParts } from './control/docker-parts.js';
import { mergeFeeds } from './control/merged-feeds.js';
import { nodeAddressesFrom } from './control/node-addresses.js';
import { createNodeCluster } from './control/node-cluster.js';
import { createFeeds } from './control/node-feeds.js';
import { Readiness } from './control/readiness.js';
import { RestartOptions } from './control/restart-options.js';
import type { Signals } from './control/signals.js';
import type { StateDirectory } from './control/state-directory.js';
import { UnexpectedErrors } from './control/unexpected-errors.js';
import type { Clock, Random } from './core/clock.js';
import type { Log } from './core/log.js';
import { HealthChecker } from './health/checker.js';
import { PodKeyFile } from './neighbors/pod-key-file.js';
import { AppChronicle } from './report/app-chronicle.js';
import { AppWhy } from './report/app-why.js';
import type { History } from './report/history.js';
import { KeptState } from './report/kept-state.js';
import { LocalNode } from './report/local-node.js';
import { NodeMetrics } from './report/node-metrics.js';
import { NodeSessions } from './report/node-sessions.js';
import { NodeStatus } from './report/node-status.js';
import { OperatorDecisions } from './report/operator-decisions.js';
import { createPageFeed } from './report/page-feed.js';
import { ProxyStats } from './report/proxy-stats.js';
import { WorkerEvents } from './report/worker-events.js';
import { Overrides } from './sources/overrides/overrides.js';
import type { NodeSecret } from './state/node-secret.js';
import { StateStore } from './state/store.js';

export interface WrittenOptions extends Pick<LoadedConfig, 'file' | 'settings'> {
  /** What would keep a node from starting with them, as they are written at this moment. */
  readonly mistakes: () => ConfigError['problems'];
}

interface Surroundings {
  readonly config: Config;
  readonly written: WrittenOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signals: Signals;
}

export type NodeParts = ReturnType<typeof createNodeParts>;

export function createNodeParts(
  surroundings: Surroundings,
  { consul, docker }: { readonly consul: ConsulParts | null; readonly docker: DockerParts | null },
  state: StateDirectory,
  { secret, history }: { readonly secret: NodeSecret; readonly history: History },
) {
  const { config, written, clock, random, log } = surroundings;
  const checker = new HealthChecker({ clock, random, log });
  const cluster = createNodeCluster(surroundings, state.path, checker, new WorkerEvents(clock, history.events));
  const feeds = createFeeds(surroundings, consul, docker);
  const registrar = docker?.registrar ?? null;
  const store = new StateStore({ directory: state.path, clock, log });
  const overrides = new Overrides({
    file: state.path === null ? null : path.join(state.path, 'overrides.json'),
    ...{ clock, log },
    apps: () => mergeFeeds(feeds).apps,
  });
  const chronicle = new AppChronicle(clock, history.events);
  const unexpected = new UnexpectedErrors(clock, log);
  const plane = new ControlPlane({
    ...{ config, nodeId: randomUUID(), clock, log, cluster, checker, overrides, store, feeds, observer: chronicle },
    stickySecret: secret.text,
  });
  const readiness = new Readiness({ config, clock, cluster, plane, feeds });
  const descriptors = new DescriptorWatch({ clock, log, apps: () => plane.apps });
  const kept = new KeptState({ directory: state, decisions: overrides, apps: store, history, secret });
  const restartOptions = new RestartOptions({ clock, log, mistakes: written.mistakes });
  const served = {
    cluster,
    checker,
    overrides,
    feeds,
    plane,
    readiness,
    unexpected,
    descriptors,
    kept,
    restartOptions,
  };
  const node = new LocalNode({
    status: new NodeStatus({ config, clock, ...served, registrar }),
    why: new AppWhy({ config, clock, cluster, checker, overrides, feeds, plane, chronicle }),
    metrics: NodeMetrics.start({ clock, cluster, checker, feeds, plane, readiness, unexpected, kept, registrar }),
    proxies: new ProxyStats({ config, clock, cluster, checker, overrides, feeds, plane }),
    sessions: new NodeSessions({ config, cluster, log }),
    decisions: new OperatorDecisions({ clock, cluster, overrides, feeds, plane, events: history.events }),
    ...{ plane, readiness, history },
    page: createPageFeed({ ...surroundings, ...served, registrar, events: history.events }),
    options: { version: 1, node: config.node, file: written.file, options: written.settings },
  });
  const podKey = config.podKeyFile === null ? null : new PodKeyFile({ file: config.podKeyFile, clock, log });
  const nodes = nodeAddressesFrom(config, consul?.neighbors ?? null, { clock, random, log });
  /** What it took over from a node that was killed; null while it has no claim on a state directory. */
  const inheritance = null as Inheritance | null;
  return {
    ...surroundings,
    ...served,
    history,
    chronicle,
    consul,
    registrar,
    state,
    inheritance,
    store,
    node,
    podKey,
    nodes,
  };
}
