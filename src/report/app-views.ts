/** The apps of the node as its page shows them: state and reason of each instance. */
import type { AppView, InstanceView } from '../admin/page/page-document.js';
import { targetKey } from '../control/check-targets.js';
import type { Measurement } from '../health/measurement.js';
import type { AdminState, App, Instance } from '../model/app.js';
import { containerWords } from '../model/container-words.js';
import type { InstanceSnapshot, SlotSnapshot } from '../snapshot/snapshot.js';
import { type Override, overrideOf } from '../sources/overrides/override-list.js';
import type { ServingParts } from './serving-parts.js';
import { isUsable, type TrafficWay, trafficWayOf } from './traffic-way.js';

/** A wall clock that is set anew moves what is shown by as much; less is the noise of reading two clocks. */
const CLOCK_STEP_MS = 1_000;

export class AppViews {
  readonly #parts: Omit<ServingParts, 'feeds' | 'config'>;
  /** Wall time at the zero of the monotonic clock; kept, so that a moment is told alike each time. */
  #zero: number;

  constructor(parts: Omit<ServingParts, 'feeds' | 'config'>) {
    this.#parts = parts;
    this.#zero = parts.clock.wallTime() - parts.clock.now();
  }

  all(): readonly AppView[] {
    const { clock, plane, overrides } = this.#parts;
    const zero = clock.wallTime() - clock.now();
    if (Math.abs(zero - this.#zero) > CLOCK_STEP_MS) this.#zero = zero;
    const slots = new Map(plane.snapshot?.slots.map((slot) => [slot.app, slot]));
    const decisions = overrides.list();
    return plane.apps.map((app) => this.#view(app, slots.get(app.name) ?? null, decisions));
  }

  #view(app: App, slot: SlotSnapshot | null, decisions: readonly Override[]): AppView {
    const { cluster, plane } = this.#parts;
    const way = slot === null ? null : trafficWayOf(slot);
    const published = new Map(slot?.instances.map((instance) => [instance.id, instance]));
    return {
      name: app.name,
      slot: app.slot,
      protocol: app.protocol,
      bindError: cluster.bindErrorOf(app.name) ?? (plane.snapshot === null ? 'it is not yet in force' : null),
      source: app.origin.source,
      location: app.origin.location,
      traffic: way?.kind ?? null,
      trafficWhy: way === null || way.kind === 'instances' ? null : wayWords(way),
      instances: app.instances.map((instance) =>
        this.#instance(app, instance, published.get(instance.id), overrideOf(decisions, app.name, instance)),
      ),
    };
  }

  #instance(
    app: App,
    { id, container, weight, state }: Instance,
    published: InstanceSnapshot | undefined,
    decision: Override | null,
  ): InstanceView {
    const measured = this.#parts.checker.measurementOf(targetKey(app.name, id));
    const takesTraffic = published !== undefined && isUsable(published);
    const decidedAt = decision === null || state === 'ready' ? Number.NaN : Date.parse(decision.at);
    return {
      id,
      container: container === null ? null : containerWords(container),
      weight,
      state,
      health: measured?.health ?? 'unchecked',
      takesTraffic,
      reason: reasonOf(state, app.origin.source, decision, measured, weight),
      since: Number.isNaN(decidedAt) ? (measured === null ? null : Math.round(this.#zero + measured.since)) : decidedAt,
    };
  }
}

/** What an operator wants goes before what was measured: it would stay when the instance came up. */
function reasonOf(
  state: AdminState,
  source: string,
  decision: Override | null,
  measured: Measurement | null,
  weight: number,
): string | null {
  const found = measured === null ? null : healthReason(measured);
  if (state !== 'ready') {
    const by = decision === null ? `by source ${source}` : `by ${decision.by}`;
    const word = state === 'drain' ? 'drained' : 'in maintenance';
    return found === null ? `${word} ${by}` : `${word} ${by}; ${found}`;
  }
  if (found !== null) return found;
  return weight === 0 ? 'weight 0' : null;
}

function healthReason({ health, contrary, check, last }: Measurement): string | null {
  const said = last === null ? '' : `: ${last.detail}`;
  switch (health) {
    case 'down':
      return contrary > 0 ? `down, ${contrary} of ${check.rise} checks passed` : `down${said}`;
    case 'up':
      return contrary > 0 ? `${contrary} of ${check.fall} checks failed${said}` : null;
    case 'unchecked':
      return last === null ? 'its first check is under way' : null;
  }
}

function wayWords(way: Exclude<TrafficWay, { readonly kind: 'instances' }>): string {
  return way.kind === 'neighbors' ? `to ${way.hosts.join(', ')}: ${way.why}` : way.why;
}
