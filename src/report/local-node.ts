import type { AdminNode, SetStateOutcome, WhyOutcome } from '../admin/admin-node.js';
import type { StateDocument } from '../admin/state-document.js';
import { targetKey } from '../control/check-targets.js';
import { createSlotCounters } from '../metrics/counters.js';
import type { ExpositionInput } from '../metrics/exposition.js';
import type { AdminState } from '../model/app.js';
import { AppWhy } from './app-why.js';
import { NodeStatus, type NodeStatusParts } from './node-status.js';

/**
 * While no worker serves, none can say that it has a decision; whoever serves next starts with it. The answer does not
 * wait for that.
 */
const APPLIED_PATIENCE_MS = 1_000;

/** What the admin API may ask of this node and change in it. */
export class LocalNode implements AdminNode {
  readonly #parts: NodeStatusParts;
  readonly #status: NodeStatus;
  readonly #why: AppWhy;

  constructor(parts: NodeStatusParts) {
    this.#parts = parts;
    this.#status = new NodeStatus(parts);
    this.#why = new AppWhy(parts);
  }

  notReadyReason(): string | null {
    return this.#parts.readiness.reason();
  }

  isStopping(): boolean {
    return this.#parts.plane.isStopping;
  }

  state(): Promise<StateDocument> {
    return this.#status.document();
  }

  async why(app: string): Promise<WhyOutcome> {
    const document = await this.#why.document(app);
    return document === null ? { ok: false, ...this.#why.unknown(app) } : { ok: true, document };
  }

  async metrics(): Promise<ExpositionInput> {
    const { cluster, plane, feeds, checker, unexpected } = this.#parts;
    const { slots, clients } = await cluster.counters();
    return {
      apps: plane.apps.map(({ name, instances }) => ({
        name,
        counters: slots[name] ?? createSlotCounters(),
        instances: instances.map(({ id }) => ({ id, up: checker.healthOf(targetKey(name, id)) === 'up' })),
      })),
      sources: feeds.map((feed) => ({ name: feed.name, up: feed.isUp, staleMs: feed.staleMs })),
      workers: cluster.workers().map(({ index, restarts }) => ({ index, restarts })),
      clients,
      configErrors: plane.problems.filter(({ severity }) => severity === 'error').length,
      unexpectedErrors: unexpected.count,
    };
  }

  async setState(appName: string, instance: string | null, state: AdminState, by: string): Promise<SetStateOutcome> {
    const { plane, overrides, chronicle } = this.#parts;
    const app = plane.apps.find(({ name }) => name === appName);
    if (app === undefined) {
      const known = plane.apps.map(({ name }) => name).join(', ') || 'none';
      return { ok: false, status: 404, message: `this node has no app ${appName}; it has: ${known}` };
    }
    const named = app.instances.find(({ id }) => id === instance);
    if (instance !== null && named === undefined) {
      const known = app.instances.map(({ id }) => id).join(', ') || 'none';
      return { ok: false, status: 404, message: `${appName} has no instance ${instance}; it has: ${known}` };
    }
    const saving = overrides.set(appName, instance, state, by, named?.life ?? null);
    chronicle.onDecision(appName, instance, state, by);
    plane.runPending();
    await this.#untilApplied();
    const saved = await saving;
    return saved.isSaved ? { ok: true, saved: true } : { ok: true, saved: false, reason: saved.reason };
  }

  #untilApplied(): Promise<void> {
    const { plane, cluster, clock } = this.#parts;
    return new Promise((resolve) => {
      const timer = clock.setTimer(APPLIED_PATIENCE_MS, resolve);
      void cluster.whenApplied(plane.snapshot?.revision ?? 0).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  acceptRemoval(source: string, by: string): boolean {
    const { feeds, chronicle } = this.#parts;
    const feed = feeds.find(({ name }) => name === source);
    if (feed === undefined) return false;
    const { held } = feed;
    const isAccepted = feed.acceptRemoval();
    if (isAccepted) chronicle.onAcceptedRemoval(source, held, by);
    return isAccepted;
  }
}
