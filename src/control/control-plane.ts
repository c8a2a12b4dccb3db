import type { Cluster } from '../cluster/cluster.js';
import type { Config } from '../config/config.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { SaidOnce } from '../core/said-once.js';
import type { HealthChecker } from '../health/checker.js';
import type { App } from '../model/app.js';
import { formatProblem, type Problem } from '../model/problem.js';
import type { ListedNode, NodeRemarks } from '../neighbors/neighbor-source.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Overrides } from '../sources/overrides/overrides.js';
import { compileSnapshot } from '../state/compile.js';
import { describeDiff, diffApps, isSame } from '../state/diff.js';
import { type LeftOut, withoutOffered } from '../state/join-offers.js';
import type { StateStore } from '../state/store.js';
import { ChangeTimes } from './change-times.js';
import { instanceOfKey, instanceTargets, targetKey } from './check-targets.js';
import { desiredStateOf } from './desired-state.js';
import { GoneInstances } from './gone-instances.js';
import { mergeFeeds } from './merged-feeds.js';
import type { PlaneObserver } from './plane-observer.js';
import { PodChanges } from './pod-changes.js';
import { PodNodes } from './pod-nodes.js';
import { RunSchedule } from './run-schedule.js';
import type { SourceFeed } from './source-feed.js';

/** Checks that pass at nearly the same time, as those of all instances of a new app do, are put in force together. */
const RECOVERY_MS = 5;
/** How long the first snapshot waits for the first checks: no request shall meet an instance that is dead already. */
const FIRST_CHECKS_MS = 500;

interface ControlPlaneParts {
  readonly config: Config;
  /** What this process calls itself at its health ports: by it a node knows itself and others at any address. */
  readonly nodeId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly cluster: Cluster;
  readonly checker: HealthChecker;
  readonly overrides: Overrides;
  readonly store: StateStore;
  /** What the values of sticky cookies are derived from; the same after a restart. */
  readonly stickySecret: string;
  /** In order of precedence. */
  readonly feeds: readonly SourceFeed[];
  readonly observer: PlaneObserver;
}

/**
 * The one way of the data: what the sources say, merged, with the operators' decisions, checked for clashes, measured,
 * compiled, and published to the workers when it differs from what they have.
 */
export class ControlPlane {
  readonly #parts: ControlPlaneParts;
  readonly #nodes: PodNodes;
  readonly #podChanges: PodChanges;
  #nodeProblems: readonly Problem[] = [];
  /** The desired state in force. */
  #apps: readonly App[] = [];
  #problems: readonly Problem[] = [];
  #leftOut: readonly LeftOut[] = [];
  #snapshot: Snapshot | null = null;
  #podKeys: readonly string[] = [];
  #isStopping = false;
  #hasStarted = false;
  readonly #said = new SaidOnce();
  readonly #goneInstances = new GoneInstances();
  readonly #changes: ChangeTimes;
  readonly #schedule: RunSchedule;

  constructor(parts: ControlPlaneParts) {
    this.#parts = parts;
    this.#nodes = new PodNodes({ ...parts, onOtherSource: () => this.#requestRun(0, 'nodes') });
    this.#podChanges = new PodChanges(parts);
    this.#changes = new ChangeTimes(parts.clock);
    this.#schedule = new RunSchedule(parts.clock, () => this.#run());
    parts.overrides.onChange(() => this.#requestRun(0, 'decision'));
    parts.checker.onChange((key, isUp) => {
      this.#noteHealth(key, isUp);
      this.#requestRun(isUp ? RECOVERY_MS : 0, 'health');
    });
    for (const feed of parts.feeds) {
      feed.onChange((isRemoval) => {
        this.#changes.note(feed.name);
        if (isRemoval) this.#schedule.request(0);
        else this.#schedule.requestSoon();
      });
    }
  }

  get apps(): readonly App[] {
    return this.#apps;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Addresses that a definition lists, or a container offers, and that the engine speaks against. */
  get leftOut(): readonly LeftOut[] {
    return this.#leftOut;
  }

  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  /** The two that take the bleed. */
  get neighbors(): readonly string[] {
    return this.#nodes.picked;
  }

  /** All other nodes of the pod, with what speaks against some of them. */
  get podNodes(): readonly ListedNode[] {
    return this.#podChanges.nodes;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** How long changes took to be in force, by what asked for them. */
  get changeTimes(): ReturnType<ChangeTimes['read']> {
    return this.#changes.read();
  }

  /** Called when there is something to serve: a source has spoken, or the last good state was read. */
  async start(): Promise<void> {
    const { checker, clock } = this.#parts;
    this.#reconcile();
    const deadline = clock.now() + FIRST_CHECKS_MS;
    const isMeasured = (): boolean =>
      this.#apps.every((app) =>
        app.instances.every(({ id }) => checker.healthOf(targetKey(app.name, id)) !== 'unchecked'),
      );
    while (!isMeasured() && clock.now() < deadline) {
      await new Promise<void>((resolve) => clock.setTimer(5, resolve));
    }
    this.#hasStarted = true;
    this.#publish();
  }

  /** @param addresses of the nodes of the pod, with or without this one */
  setNodes(addresses: readonly string[], remarks: NodeRemarks | null = null): void {
    const doubted = remarks?.nodes.filter(({ standing }) => standing === 'doubted') ?? [];
    this.#nodes.setAddresses(
      addresses,
      doubted.flatMap((node) => node.addresses),
    );
    this.#podChanges.onList(this.#nodes.others, remarks);
    this.#nodeProblems = remarks?.problems ?? [];
    this.#requestRun(0, 'nodes');
  }

  /** By which nodes of the pod prove who they are; the first one signs. */
  setPodKeys(keys: readonly string[]): void {
    this.#podKeys = keys;
    this.#requestRun(0, 'pod-key');
  }

  #requestRun(waitMs: number, cause: string): void {
    this.#changes.note(cause);
    this.#schedule.request(waitMs);
  }

  /** Puts waiting changes in force at once, so that an operator who asked for one is told of a revision that has it. */
  runPending(): void {
    this.#schedule.runPending();
  }

  /** Health ports answer 503 from now on, and responses close their connections. */
  announceStop(): void {
    this.#isStopping = true;
    this.#publish();
  }

  #run(): void {
    this.#reconcile();
    if (this.#hasStarted) this.#publish();
  }

  /** Sources → desired state → what is checked. */
  #reconcile(): void {
    const { store, checker, log, feeds, observer } = this.#parts;
    const merged = mergeFeeds(feeds);
    const { apps, undecided, problems } = desiredStateOf(merged, this.#apps, this.#parts);
    this.#leftOut = merged.leftOut;
    this.#say([...problems, ...feeds.flatMap((feed) => feed.problems), ...this.#nodeProblems]);
    observer.onDesiredState(undecided, this.#problems, feeds);
    if (!isSame(this.#apps, apps)) {
      log.info({ change: describeDiff(diffApps(this.#apps, apps)) }, 'the desired state changed');
      // Without what containers gave: those of the next start say themselves what they offer.
      store.save({ apps: withoutOffered(undecided, merged.definitions), offers: merged.offers });
    }
    this.#apps = apps;
    this.#goneInstances.noteServed(apps);
    checker.setTargets([...instanceTargets(apps), ...this.#nodes.targetsFor(apps)]);
  }

  /** What is checked → snapshot → workers, unless they have it already. */
  #publish(): void {
    const { config, checker, cluster, observer, feeds } = this.#parts;
    const revision = (this.#snapshot?.revision ?? 0) + 1;
    const snapshot = compileSnapshot({
      revision,
      node: config.node,
      nodeId: this.#parts.nodeId,
      bind: config.bind,
      stopping: this.#isStopping,
      peers: this.#nodes.others,
      podKeys: this.#podKeys,
      internalNetworks: config.internalNetworks,
      neighborProxy: config.sendProxy,
      via: config.via,
      proxyDefaults: { accept: config.acceptProxy, trusted: config.trustedProxies },
      head: { maxBytes: config.maxHeadBytes, maxFields: config.maxFields },
      stickySecret: this.#parts.stickySecret,
      gone: this.#goneInstances.among(feeds.flatMap(({ reading }) => reading?.gone ?? [])),
      apps: this.#apps,
      healthOf: (app, instance) => checker.healthOf(targetKey(app, instance)),
      neighborsOf: (app) => this.#nodes.neighborsOf(app),
    });
    if (this.#snapshot !== null && isSameInput(this.#snapshot, snapshot)) {
      this.#changes.drop();
      return;
    }
    this.#snapshot = snapshot;
    observer.onSnapshot(snapshot);
    cluster.publish(snapshot);
    this.#changes.onPublished(cluster.whenApplied(revision));
  }

  #noteHealth(key: string, isUp: boolean): void {
    const { checker, observer } = this.#parts;
    const target = instanceOfKey(key);
    if (target === null) return;
    observer.onHealth(target.app, target.instance, isUp, checker.lastCheckOf(key)?.detail ?? '');
  }

  /** Each problem is logged once, when it appears. */
  #say(problems: readonly Problem[]): void {
    this.#problems = problems;
    for (const problem of this.#said.newAmong(problems, formatProblem)) {
      const text = formatProblem(problem);
      if (problem.severity === 'error') this.#parts.log.error(text);
      else this.#parts.log.warn(text);
    }
  }
}

function isSameInput(before: Snapshot, after: Snapshot): boolean {
  return JSON.stringify({ ...before, revision: 0 }) === JSON.stringify({ ...after, revision: 0 });
}
