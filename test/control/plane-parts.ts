/** A control plane with real parts around it; the test speaks for the sources, the checks and the clock. */
import type { TestContext } from 'node:test';
import { Cluster } from '../../src/cluster/cluster.js';
import type { Config } from '../../src/config/config.js';
import { ControlPlane } from '../../src/control/control-plane.js';
import { DescriptorWatch } from '../../src/control/descriptor-watch.js';
import { mergeFeeds } from '../../src/control/merged-feeds.js';
import { Readiness } from '../../src/control/readiness.js';
import { RestartOptions } from '../../src/control/restart-options.js';
import { SourceFeed } from '../../src/control/source-feed.js';
import { UnexpectedErrors } from '../../src/control/unexpected-errors.js';
import { systemClock } from '../../src/core/clock.js';
import { silentLog } from '../../src/core/log.js';
import { HealthChecker } from '../../src/health/checker.js';
import { AppChronicle } from '../../src/report/app-chronicle.js';
import { AppWhy } from '../../src/report/app-why.js';
import { History } from '../../src/report/history.js';
import { KeptState } from '../../src/report/kept-state.js';
import { LocalNode } from '../../src/report/local-node.js';
import { NodeMetrics } from '../../src/report/node-metrics.js';
import { NodeSessions } from '../../src/report/node-sessions.js';
import { NodeStatus } from '../../src/report/node-status.js';
import { OperatorDecisions } from '../../src/report/operator-decisions.js';
import { createPageFeed } from '../../src/report/page-feed.js';
import { ProxyStats } from '../../src/report/proxy-stats.js';
import { Overrides } from '../../src/sources/overrides/overrides.js';
import { RemovalGuard } from '../../src/state/removal-guard.js';
import { StateStore } from '../../src/state/store.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';
import { configOf } from './configs.js';
import { ScriptedSource } from './scripted-source.js';

/** What the node under test calls itself. */
export const OWN_ID = 'node-of-the-test';
/** Longer than changes wait for each other. */
export const SETTLED_MS = 100;

/** @param others sources that go after the first one, in order of precedence */
export async function createControlPlane(
  context: TestContext,
  config: Partial<Config> = {},
  others: readonly ScriptedSource[] = [],
) {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const host = ownAddress();
  const slot = await freePort(host);
  const fullConfig = configOf({ bind: host, node: 'test-node', ...config });
  /** Places whose checks fail, `host:port`. */
  const dead = new Set<string>();
  const checker = new HealthChecker({
    clock,
    random: () => 0.5,
    log: silentLog,
    probe: async (target) => ({ hasPassed: !dead.has(`${target.host}:${target.port}`), detail: 'asked' }),
  });
  const cluster = new Cluster({
    workers: 1,
    settings: { logLevel: 'silent', accessLog: null },
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    onPassiveFailure: () => {},
  });
  atEnd(context, async () => {
    checker.stop();
    await cluster.kill();
  });
  const source = new ScriptedSource();
  const feeds = [source, ...others].map((one) => new SourceFeed(one, new RemovalGuard({ clock }), clock, silentLog));
  const overrides = new Overrides({ file: null, clock, apps: () => mergeFeeds(feeds).apps });
  const store = new StateStore({ directory: null, clock });
  const history = new History({ directory: null, node: fullConfig.node, clock, log: silentLog });
  const chronicle = new AppChronicle(clock, history.events);
  const unexpected = new UnexpectedErrors(clock, silentLog);
  const descriptors = new DescriptorWatch({ clock, log: silentLog, apps: () => plane.apps });
  const plane = new ControlPlane({
    ...{
      config: fullConfig,
      nodeId: OWN_ID,
      clock,
      log,
      cluster,
      checker,
      overrides,
      store,
      feeds,
      observer: chronicle,
    },
    stickySecret: 'secret',
  });
  const readiness = new Readiness({ config: fullConfig, clock, cluster, plane, feeds });
  const shared = { config: fullConfig, clock, cluster, checker, overrides, feeds, plane };
  const kept = new KeptState({
    ...{ directory: { failure: null }, decisions: overrides, apps: store, history },
    secret: { unsaved: null },
  });
  const restartOptions = new RestartOptions({ clock, log: silentLog, mistakes: () => [] });
  const own = { readiness, unexpected, descriptors, kept, restartOptions, registrar: null };
  const status = new NodeStatus({ ...shared, ...own });
  const admin = new LocalNode({
    ...{ status, plane, readiness, history },
    options: { version: 1, node: fullConfig.node, file: null, options: [] },
    why: new AppWhy({ ...shared, chronicle }),
    metrics: new NodeMetrics({ ...shared, readiness, unexpected, kept, registrar: null }),
    proxies: new ProxyStats(shared),
    sessions: new NodeSessions({ config: fullConfig, cluster, log }),
    decisions: new OperatorDecisions({ clock, cluster, overrides, feeds, plane, events: history.events }),
    page: createPageFeed({ ...shared, ...own, events: history.events }),
  });
  for (const feed of feeds) feed.start();
  return { clock, lines, host, slot, dead, cluster, source, feeds, overrides, plane, status, readiness, admin };
}
