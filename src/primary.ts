import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Inheritance } from './cluster/inheritance.js';
import type { StateClaim } from './cluster/state-claim.js';
import type { Config } from './config/config.js';
import type { LoadedConfig } from './config/option-places.js';
import type { ConsulParts } from './control/consul-parts.js';
import { ControlPlane } from './control/control-plane.js';
import type { DockerParts } from './control/docker-parts.js';
import { loadConsulParts, loadDockerParts } from './control/load-parts.js';
import { mergeFeeds } from './control/merged-feeds.js';
import { nodeAddressesFrom } from './control/node-addresses.js';
import { createNodeCluster } from './control/node-cluster.js';
import { createFeeds } from './control/node-feeds.js';
import { ownAddressOf } from './control/own-address.js';
import { Readiness } from './control/readiness.js';
import { Signals } from './control/signals.js';
import { StateDirectory } from './control/state-directory.js';
import { UnexpectedErrors } from './control/unexpected-errors.js';
import { type Clock, type Random, systemClock } from './core/clock.js';
import { createLog, type Log } from './core/log.js';
import { reasonOf } from './core/thrown.js';
import { HealthChecker } from './health/checker.js';
import { PodKeyFile } from './neighbors/pod-key-file.js';
import { AppChronicle } from './report/app-chronicle.js';
import { AppWhy } from './report/app-why.js';
import { History } from './report/history.js';
import { LocalNode } from './report/local-node.js';
import { nodeCondition } from './report/node-condition.js';
import { NodeMetrics } from './report/node-metrics.js';
import { NodeSessions } from './report/node-sessions.js';
import { NodeStatus } from './report/node-status.js';
import { OperatorAccess } from './report/operator-access.js';
import { OperatorDecisions } from './report/operator-decisions.js';
import { createPageFeed } from './report/page-feed.js';
import { ProxyStats } from './report/proxy-stats.js';
import { Overrides } from './sources/overrides/overrides.js';
import { NodeSecret } from './state/node-secret.js';
import { StateStore } from './state/store.js';
import type { NotifySocket } from './systemd/notify-socket.js';
import { ServiceNotices } from './systemd/service-notices.js';

const EXIT = { DONE: 0, FAILED: 1, DEADLINE: 3 } as const;

/**
 * Runs a node until it is told to stop: reads, builds, serves, waits for a signal, drains.
 * @param written where the options were read, for people who ask; a program that makes a config itself has none
 * @param systemd where it wants to be told how the node does; null: nobody wants that
 * @returns the exit code: 0 when all that was under way ended, 3 when some of it was cut, 1 when the node
 * could not start.
 */
export async function runPrimary(
  config: Config,
  written: WrittenOptions = UNKNOWN_OPTIONS,
  systemd: NotifySocket | null = null,
): Promise<number> {
  const log = createLog({ level: config.logLevel, format: config.logFormat, name: 'primary' });
  const signals = new Signals();
  const surroundings = { config, written, clock: systemClock, random: Math.random, log, signals };
  let consul: ConsulParts | null;
  let docker: DockerParts | null;
  let state: StateDirectory;
  try {
    consul = await loadConsulParts(config, surroundings);
    docker = await loadDockerParts(config, surroundings);
    // First of all, so that a second node changes nothing.
    state = await StateDirectory.open(surroundings);
  } catch (error) {
    log.fatal(reasonOf(error));
    signals.release();
    return EXIT.FAILED;
  }
  const secret = await NodeSecret.load({ directory: state.path, clock: surroundings.clock, log });
  const history = await History.load({ ...surroundings, directory: state.path, node: config.node });
  const parts = createParts(surroundings, { consul, docker }, state, { secret, history });
  try {
    // Before anything is served, so that a second node on the same ports changes nothing either.
    const operators = await OperatorAccess.open({ ...parts, stateDirectory: state.path });
    obeySignals(parts, operators);
    const notices = ServiceNotices.start(systemd, { ...surroundings, condition: () => nodeCondition(parts) });
    await start(parts);
    await signals.stopRequested();
    notices?.stopping(config.lameDuckMs + config.drainTimeoutMs);
    const cut = await stop(parts);
    await operators.close();
    log.info({ cut }, 'stopped');
    return cut === 0 ? EXIT.DONE : EXIT.DEADLINE;
  } catch (error) {
    log.fatal(reasonOf(error));
    await parts.cluster.kill();
    return EXIT.FAILED;
  } finally {
    // Before another node may have the directory.
    await Promise.all([
      parts.store.end(),
      parts.overrides.end(),
      secret.end(),
      history.end(),
      parts.inheritance?.end(),
    ]);
    await state.release();
    parts.unexpected.release();
    signals.release();
  }
}

type WrittenOptions = Pick<LoadedConfig, 'file' | 'settings'>;

const UNKNOWN_OPTIONS: WrittenOptions = { file: null, settings: [] };

interface Surroundings {
  readonly config: Config;
  readonly written: WrittenOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signals: Signals;
}

type NodeParts = ReturnType<typeof createParts>;

/** The parts of a node, each with those that it needs; nothing has begun yet. */
function createParts(
  surroundings: Surroundings,
  { consul, docker }: { readonly consul: ConsulParts | null; readonly docker: DockerParts | null },
  state: StateDirectory,
  { secret, history }: { readonly secret: NodeSecret; readonly history: History },
) {
  const { config, written, clock, random, log } = surroundings;
  const checker = new HealthChecker({ clock, random, log });
  const cluster = createNodeCluster(surroundings, state.path, checker);
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
  const served = { cluster, checker, overrides, feeds, plane, readiness, unexpected };
  const node = new LocalNode({
    status: new NodeStatus({ config, clock, ...served, registrar }),
    why: new AppWhy({ config, clock, cluster, checker, overrides, feeds, plane, chronicle }),
    metrics: NodeMetrics.start({ clock, cluster, checker, feeds, plane, readiness, unexpected, registrar }),
    proxies: new ProxyStats({ config, clock, cluster, checker, overrides, feeds, plane }),
    sessions: new NodeSessions({ config, cluster, log }),
    decisions: new OperatorDecisions({ clock, cluster, overrides, feeds, plane, chronicle }),
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

function obeySignals(
  { config, log, signals, cluster, feeds, nodes, podKey, registrar }: NodeParts,
  operators: OperatorAccess,
): void {
  signals.on('reload', () => {
    log.info('reading all sources again; options are read at a start alone, so a changed one needs a restart');
    cluster.reopenLogs();
    for (const source of [...feeds, ...nodes]) source.refresh();
    podKey?.refresh();
    operators.refresh();
    registrar?.refresh();
  });
  signals.on('roll', () => {
    log.info('replacing the workers');
    cluster
      .roll({ drainMs: config.drainTimeoutMs })
      .catch((error: unknown) => log.error({ err: error }, 'the roll stopped'));
  });
}

/** Begins to serve. */
async function start(parts: NodeParts): Promise<void> {
  const { config, clock, log, signals, cluster, state, overrides, feeds, nodes, plane, podKey, unexpected } = parts;
  await overrides.load();
  await restoreLastGood(parts);
  const inherit = async (claim: StateClaim): Promise<void> => {
    parts.inheritance = await Inheritance.open({ stateDirectory: config.stateDir, claim, cluster, clock, log });
  };
  if (state.claim !== null) await inherit(state.claim);
  else {
    state.onLateClaim(async (claim) => {
      await inherit(claim);
      parts.inheritance?.noteWorkers();
      parts.inheritance?.release(config.drainTimeoutMs);
    });
  }
  cluster.start();
  // Before that nobody is served, and an error ends the start where everybody sees it.
  unexpected.catch();
  await podKey?.start((keys) => plane.setPodKeys(keys));
  for (const source of nodes) source.start((addresses, remarks) => plane.setNodes(addresses, remarks));
  for (const feed of feeds) feed.start();
  const known = Promise.all([...feeds.map((feed) => feed.hasSpoken()), parts.inheritance?.whenTaken()]);
  await Promise.race([known, signals.stopRequested()]);
  await plane.start();
  parts.registrar?.start(() => plane.apps);
  void cluster.whenApplied(plane.snapshot?.revision ?? 1).then(async () => {
    parts.inheritance?.release(config.drainTimeoutMs);
    // Also where it is not ready: its check in Consul asks for that, and what hinders the registration is said at once.
    if (!plane.isStopping) parts.consul?.registration.start();
    await announceReady(parts);
  });
}

/** @returns how many clients were cut */
async function stop(parts: NodeParts): Promise<number> {
  const { config, feeds, nodes, podKey, checker } = parts;
  // The others are told at once, while the health ports tell the balancers.
  const deregistered = parts.consul?.registration.stop();
  parts.inheritance?.release(config.drainTimeoutMs);
  const cut = await drain(parts);
  await deregistered;
  // The registrar up to here: what Docker says of health is told to Consul while the node drains.
  await Promise.allSettled([...[...feeds, ...nodes].map((source) => source.stop()), parts.registrar?.stop()]);
  podKey?.stop();
  checker.stop();
  return cut;
}

async function restoreLastGood({ store, feeds, chronicle, log }: NodeParts): Promise<void> {
  const stored = await store.load();
  if (stored === null) return;
  const { apps, offers } = stored;
  log.info({ apps: apps.length }, 'the last good state was read; it is in force until the sources say more');
  for (const feed of feeds) {
    const own = apps.filter(({ origin }) => origin.source === feed.name);
    feed.restore(own, feed.name === 'docker' ? offers : []);
  }
  chronicle.onRestored(mergeFeeds(feeds).apps, feeds);
}

async function announceReady({ readiness, cluster, plane, config, log }: NodeParts): Promise<void> {
  const reason = readiness.reason();
  if (reason !== null) log.warn({ reason }, 'not ready');
  await readiness.untilReadyOrStopping();
  if (plane.isStopping) return;
  const slots = plane.apps.filter(({ name }) => cluster.bindErrorOf(name) === null);
  log.info(
    {
      bind: config.bind,
      own: ownAddressOf(config),
      slots: Object.fromEntries(slots.map(({ name, slot }) => [name, slot])),
    },
    'ready',
  );
}

/** Health ports answer 503 first; balancers have the lame-duck time to notice; then what is under way may end. */
async function drain({ config, clock, log, cluster, plane, signals, history }: NodeParts): Promise<number> {
  log.info({ lameDuckMs: config.lameDuckMs, drainMs: config.drainTimeoutMs }, 'stopping');
  history.noteStop();
  plane.announceStop();
  const now = signals.stopNowRequested();
  await Promise.race([new Promise<void>((resolve) => clock.setTimer(config.lameDuckMs, resolve)), now]);
  const cut = await Promise.race([cluster.drain({ deadlineMs: config.drainTimeoutMs }), now.then(() => null)]);
  if (cut !== null) return cut;
  log.warn('stopping now');
  return cluster.drain({ deadlineMs: 0 });
}
