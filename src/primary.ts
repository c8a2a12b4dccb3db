/** The life of a node: it starts, serves, and drains when it is told to stop. */
import { Inheritance } from './cluster/inheritance.js';
import type { StateClaim } from './cluster/state-claim.js';
import type { Config } from './config/config.js';
import type { ConsulParts } from './control/consul-parts.js';
import type { DockerParts } from './control/docker-parts.js';
import { loadConsulParts, loadDockerParts } from './control/load-parts.js';
import { mergeFeeds } from './control/merged-feeds.js';
import { ownAddressOf } from './control/own-address.js';
import { Signals } from './control/signals.js';
import { StateDirectory } from './control/state-directory.js';
import { systemClock } from './core/clock.js';
import { descriptorHint } from './core/descriptor-limit.js';
import { createLog, type Log } from './core/log.js';
import { reasonOf } from './core/thrown.js';
import { createNodeParts, type NodeParts, type WrittenOptions } from './node-parts.js';
import { History } from './report/history.js';
import { nodeCondition } from './report/node-condition.js';
import { OperatorAccess } from './report/operator-access.js';
import { NodeSecret } from './state/node-secret.js';
import type { NotifySocket } from './systemd/notify-socket.js';
import { ServiceNotices } from './systemd/service-notices.js';

const EXIT = { DONE: 0, FAILED: 1, DEADLINE: 3 } as const;
const UNKNOWN_OPTIONS: WrittenOptions = { file: null, settings: [], mistakes: () => [] };

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
    sayFatal(log, error);
    signals.release();
    return EXIT.FAILED;
  }
  const secret = await NodeSecret.load({ directory: state.path, clock: surroundings.clock, log });
  const history = await History.load({ ...surroundings, directory: state.path, node: config.node });
  const parts = createNodeParts(surroundings, { consul, docker }, state, { secret, history });
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
    log.info({ cut, ...lostLines(parts) }, 'stopped');
    return cut === 0 ? EXIT.DONE : EXIT.DEADLINE;
  } catch (error) {
    sayFatal(log, error);
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

function obeySignals(
  { config, log, signals, cluster, feeds, nodes, podKey, registrar, history, restartOptions }: NodeParts,
  operators: OperatorAccess,
): void {
  signals.on('reload', () => {
    log.info('reading all sources again; options are read at a start alone, so a changed one needs a restart');
    history.noteReload();
    cluster.reopenLogs();
    for (const source of [...feeds, ...nodes]) source.refresh();
    podKey?.refresh();
    operators.refresh();
    registrar?.refresh();
    restartOptions.look();
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
  const {
    config,
    clock,
    log,
    signals,
    cluster,
    state,
    overrides,
    feeds,
    nodes,
    plane,
    podKey,
    unexpected,
    descriptors,
  } = parts;
  await overrides.load();
  await restoreLastGood(parts);
  const inherit = async (claim: StateClaim): Promise<void> => {
    parts.inheritance = await Inheritance.open({ stateDirectory: config.stateDir, claim, cluster, clock, log });
    parts.kept.followWorkers(parts.inheritance);
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
  descriptors.start();
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
  parts.descriptors.stop();
  parts.restartOptions.stop();
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

/** Nobody can ask this node any more. */
function lostLines({ cluster }: NodeParts): { readonly lostLogLines?: number } {
  const { dropped } = cluster.books.sum().accessLog;
  return dropped === 0 ? {} : { lostLogLines: dropped };
}

function sayFatal(log: Log, error: unknown): void {
  const hint = descriptorHint(error);
  log.fatal(hint === null ? {} : { hint }, reasonOf(error));
}
