import type { SetAdminStateOutcome } from '../admin/admin-node.js';
import type { Cluster } from '../cluster/cluster.js';
import type { ControlPlane } from '../control/control-plane.js';
import { type HeldLoss, lossText, type SourceFeed } from '../control/source-feed.js';
import type { Clock } from '../core/clock.js';
import type { AdminState, Instance } from '../model/app.js';
import { instancesNamed, instanceWords } from '../model/find-instance.js';
import type { Overrides } from '../sources/overrides/overrides.js';
import type { AppEvents } from './app-events.js';

/**
 * While no worker serves, none can say that it has a decision; whoever serves next starts with it. The answer does not
 * wait for that.
 */
const APPLIED_PATIENCE_MS = 1_000;

interface OperatorDecisionsParts {
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly overrides: Overrides;
  readonly feeds: readonly SourceFeed[];
  readonly plane: ControlPlane;
  readonly events: AppEvents;
}

/** What operators decide about this node: checked, put in force, and kept in the history of the app. */
export class OperatorDecisions {
  readonly #parts: OperatorDecisionsParts;

  constructor(parts: OperatorDecisionsParts) {
    this.#parts = parts;
  }

  async setAdminState(
    appName: string,
    instance: string | null,
    state: AdminState,
    by: string,
  ): Promise<SetAdminStateOutcome> {
    const { plane, overrides } = this.#parts;
    const app = plane.apps.find(({ name }) => name === appName);
    if (app === undefined) {
      const known = plane.apps.map(({ name }) => name).join(', ') || 'none';
      return { ok: false, status: 404, message: `this node has no app ${appName}; it has: ${known}` };
    }
    const named = instance === null ? [] : instancesNamed(app.instances, instance);
    if (instance !== null && named.length === 0) {
      const known = app.instances.map(instanceWords).join(', ') || 'none';
      return { ok: false, status: 404, message: `${appName} has no instance ${instance}; it has: ${known}` };
    }
    const decided = instance === null ? [{ id: null, life: null }] : named;
    const before = decided.map(({ id }) => stateOf(app.instances, id));
    const savings = decided.map(({ id, life }) => overrides.set(appName, id, state, by, life));
    for (const [index, { id }] of decided.entries()) this.#noteState(appName, id, before[index] ?? null, state, by);
    plane.runPending();
    await this.#untilApplied();
    const saved = (await Promise.all(savings)).find(({ isSaved }) => !isSaved) ?? { isSaved: true };
    return saved.isSaved ? { ok: true, saved: true } : { ok: true, saved: false, reason: saved.reason };
  }

  async setWeight(appName: string, instance: string, weight: number | null, by: string): Promise<SetAdminStateOutcome> {
    const { plane, overrides } = this.#parts;
    const app = plane.apps.find(({ name }) => name === appName);
    const found = app?.instances.find(({ id }) => id === instance);
    if (found === undefined) return { ok: false, status: 404, message: `${appName} has no instance ${instance}` };
    const saving = overrides.setWeight(appName, instance, weight, by, found.life);
    this.#noteWeight(appName, instance, found.weight, weight, by);
    plane.runPending();
    await this.#untilApplied();
    const saved = await saving;
    return saved.isSaved ? { ok: true, saved: true } : { ok: true, saved: false, reason: saved.reason };
  }

  cutInstance(app: string, instance: string, by: string): void {
    const { events, cluster } = this.#parts;
    events.note(app, 'decision', `what was under way with ${instance} was ended, by ${by}`, { instance, by });
    cluster.cutInstance(app, instance);
  }

  acceptRemoval(source: string, by: string): boolean {
    const feed = this.#parts.feeds.find(({ name }) => name === source);
    if (feed === undefined) return false;
    const { held } = feed;
    const isAccepted = feed.acceptRemoval();
    if (isAccepted) this.#noteAccepted(source, held, by);
    return isAccepted;
  }

  /** @param before what was in force; null: it differs from instance to instance */
  #noteState(app: string, instance: string | null, before: AdminState | null, state: AdminState, by: string): void {
    this.#parts.events.note(app, 'decision', `${state} of ${instance ?? 'all instances'}, by ${by}`, {
      ...(instance === null ? {} : { instance }),
      ...{ by, before: before ?? 'mixed', after: state },
    });
  }

  /** @param weight null: that of the source again */
  #noteWeight(app: string, instance: string, before: number, weight: number | null, by: string): void {
    const after = weight === null ? 'that of the source' : `${weight}`;
    const facts = { instance, by, before: `weight ${before}`, after: `weight ${after}` };
    this.#parts.events.note(app, 'decision', `weight of ${instance}: ${after}, by ${by}`, facts);
  }

  #noteAccepted(source: string, held: readonly HeldLoss[], by: string): void {
    for (const loss of held) {
      const text = `its loss in source ${source} (${lossText(loss)}) is accepted, by ${by}`;
      this.#parts.events.note(loss.app, 'decision', text, { source, by });
    }
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
}

/** @returns null where they differ. @param id null: all instances */
function stateOf(instances: readonly Instance[], id: string | null): AdminState | null {
  const states = new Set(instances.filter((one) => id === null || one.id === id).map(({ state }) => state));
  const [state] = states;
  return states.size === 1 && state !== undefined ? state : null;
}
