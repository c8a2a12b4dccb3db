/** What `why` answers: gathered from the parts of the control plane when somebody asks. */
import type {
  Definition,
  Serving,
  Traffic,
  WhyDocument,
  WhyError,
  WhyHealth,
  WhyInstance,
  WhyOffers,
} from '../admin/why-document.js';
import { neighborKey, targetKey } from '../control/check-targets.js';
import { mergeFeeds } from '../control/merged-feeds.js';
import type { SourceFeed } from '../control/source-feed.js';
import { ERRORS, type ErrorCode } from '../core/errors.js';
import { nearestName } from '../core/nearest-name.js';
import { createSlotCounters, type SlotCounters } from '../metrics/counters.js';
import type { App, Instance } from '../model/app.js';
import { formatProblem, type Problem } from '../model/problem.js';
import { overrideOf } from '../sources/overrides/override-list.js';
import { weightDecisionOf } from '../sources/overrides/weight-list.js';
import { type AppChronicle, appsConcernedBy } from './app-chronicle.js';
import type { ServingParts } from './serving-parts.js';
import { isUsable } from './traffic-way.js';

interface AppWhyParts extends ServingParts {
  readonly chronicle: AppChronicle;
}

/** A source's own text of an app, and what became of it. */
interface Given {
  readonly app: App;
  readonly definition: Definition;
}

export class AppWhy {
  readonly #parts: AppWhyParts;

  constructor(parts: AppWhyParts) {
    this.#parts = parts;
  }

  /** @returns null for an app that nobody has heard of */
  async document(name: string): Promise<WhyDocument | null> {
    const { config, clock, cluster, plane, chronicle } = this.#parts;
    // Before anything is read, so that all of it is of one moment.
    const { slots } = await cluster.counters();
    const app = plane.apps.find((candidate) => candidate.name === name) ?? null;
    const given = this.#given(name, app);
    const known = [...(app === null ? [] : [app]), ...given.map((one) => one.app)];
    const problems = plane.problems.filter((problem) => appsConcernedBy(problem, known).includes(name));
    const offers = this.#offers(name, given[0]?.definition.source ?? null);
    const leftOut = plane.leftOut.filter((one) => one.app === name);
    const events = chronicle.eventsOf(name);
    const status = statusFrom(app, given, problems);
    if (status === 'gone' && events.length === 0) return null;
    const { bled, bledIn, errors } = slots[name] ?? createSlotCounters();
    return {
      version: 1,
      node: config.node,
      at: new Date(clock.wallTime()).toISOString(),
      app: name,
      status,
      definitions: given.map(({ definition }) => definition),
      offers,
      leftOut: leftOut.map(({ address, place, why }) => ({ address, place, why })),
      serving:
        app === null
          ? null
          : { ...this.#serving(app, this.#written(name) ?? app), bled, bledIn, errors: errorsFrom(errors) },
      problems,
      events,
    };
  }

  /** What to say of a name that nobody has heard of. */
  unknown(name: string): { readonly message: string; readonly hint: string } {
    const { feeds, plane, chronicle } = this.#parts;
    const written = feeds.flatMap((feed) => feed.reading?.apps ?? []).map((app) => app.name);
    const wrong = plane.problems.flatMap(({ app }) => (app === null ? [] : [app]));
    const known = [
      ...new Set([...plane.apps.map((app) => app.name), ...written, ...wrong, ...chronicle.names()]),
    ].sort();
    const nearest = nearestName(name, known);
    const unread = plane.problems.filter(({ app, severity }) => app === null && severity === 'error');
    // A file is often named as its app.
    const likely = unread.find(({ file }) => file.includes(name)) ?? unread[0];
    const hints = [
      nearest === null ? `it knows: ${shortList(known)}` : `did you mean ${nearest}?`,
      likely === undefined ? null : `its definition may be in what failed to load: ${formatProblem(likely)}`,
    ];
    return {
      message: `this node has no app ${name}, and its history knows none`,
      hint: hints.filter((hint) => hint !== null).join('; '),
    };
  }

  #given(name: string, served: App | null): readonly Given[] {
    const { feeds } = this.#parts;
    const having = feeds.flatMap((feed) => {
      const app = feed.reading?.apps.find((candidate) => candidate.name === name);
      return app === undefined ? [] : [{ feed, app }];
    });
    return having.map(({ feed, app }, index) => ({
      app,
      definition: {
        ...app.origin,
        outcome: index > 0 ? 'hidden' : served === null ? 'unserved' : 'used',
        slot: app.slot,
        instances: app.instances.length + offeredTo(name, feed),
        held: feed.held.some((loss) => loss.app === name),
        staleMs: Math.round(feed.staleMs),
        reports: feed.reportInstances(name),
      },
    }));
  }

  /** What sources whose definition is not the one in use say of instances for it. */
  #offers(name: string, definer: string | null): readonly WhyOffers[] {
    return this.#parts.feeds.flatMap((feed): WhyOffers[] => {
      const { apps = [], offers } = feed.reading ?? {};
      // Another definition, as Consul's, that is hidden: its instances are too.
      if (feed.name === definer || (offers === undefined && apps.some((app) => app.name === name))) return [];
      const reports = feed.reportInstances(name);
      const instances = offeredTo(name, feed);
      if (reports.length === 0 && instances === 0) return [];
      const held = feed.held.some((loss) => loss.app === name);
      return [{ source: feed.name, instances, held, staleMs: Math.round(feed.staleMs), reports }];
    });
  }

  #written(name: string): App | null {
    return mergeFeeds(this.#parts.feeds).apps.find((app) => app.name === name) ?? null;
  }

  /** @param written the same app as the sources say it, without the operators' decisions */
  #serving(app: App, written: App): Omit<Serving, 'bled' | 'bledIn' | 'errors'> {
    const { cluster, plane } = this.#parts;
    const bindError = cluster.bindErrorOf(app.name);
    return {
      slot: app.slot,
      healthPort: app.slot + 1,
      protocol: app.protocol,
      bound: bindError === null && plane.snapshot !== null,
      bindError,
      traffic: this.#traffic(app.name),
      check: app.health,
      instances: app.instances.map((instance) => this.#instance(app, instance, written)),
      neighbors: plane.neighbors.map((address) => ({
        address,
        remark: plane.podNodes.find(({ addresses }) => addresses.includes(address))?.remark ?? null,
        ...this.#health(neighborKey(app.name, address)),
      })),
    };
  }

  #traffic(app: string): Traffic | null {
    const inForce = this.#parts.chronicle.ways.of(app);
    if (inForce === null) return null;
    const { way, since } = inForce;
    return {
      to: way.kind,
      neighbors: way.kind === 'neighbors' ? way.hosts : [],
      why: way.kind === 'instances' ? null : way.why,
      since: new Date(since).toISOString(),
    };
  }

  #instance(app: App, instance: Instance, written: App): WhyInstance {
    const { overrides, plane } = this.#parts;
    const { id, life, container, weight, state } = instance;
    const decided = weightDecisionOf(overrides.weights(), app.name, instance);
    const source = written.instances.find((candidate) => candidate.id === id);
    const override = overrideOf(overrides.list(), app.name, instance);
    const slot = plane.snapshot?.slots.find((candidate) => candidate.app === app.name);
    const published = slot?.instances.find((candidate) => candidate.id === id);
    return {
      id,
      life,
      container,
      weight,
      state,
      sourceState: source?.state ?? state,
      decision:
        override === null
          ? null
          : { state: override.state, by: override.by, at: override.at, wholeApp: override.instance === null },
      weightDecision:
        decided === null ? null : { sourceWeight: source?.weight ?? weight, by: decided.by, at: decided.at },
      takesTraffic: published !== undefined && isUsable(published),
      ...this.#health(targetKey(app.name, id)),
    };
  }

  #health(key: string): WhyHealth {
    const measured = this.#parts.checker.measurementOf(key);
    if (measured === null) {
      return { health: 'unchecked', since: null, contrary: 0, contraryNeeded: 0, lastCheck: null };
    }
    const { health, since, contrary, check, last } = measured;
    return {
      health,
      since: this.#wallTimeOf(since),
      contrary,
      // The first check decides alone.
      contraryNeeded: health === 'up' ? check.fall : health === 'down' ? check.rise : 1,
      lastCheck: last === null ? null : { ok: last.ok, detail: last.detail, at: this.#wallTimeOf(last.at) },
    };
  }

  /** @param monotonic a time of the clock that measures */
  #wallTimeOf(monotonic: number): string {
    const { clock } = this.#parts;
    return new Date(clock.wallTime() - (clock.now() - monotonic)).toISOString();
  }
}

function offeredTo(name: string, { reading }: SourceFeed): number {
  const offers = reading?.offers?.filter((offer) => offer.name.toLowerCase() === name.toLowerCase()) ?? [];
  return offers.reduce((sum, { instances }) => sum + instances.length, 0);
}

function errorsFrom(counts: SlotCounters['errors']): readonly WhyError[] {
  const found = Object.entries(counts).map(([code, count]) => ({ code, count, text: ERRORS[code as ErrorCode].text }));
  return found.sort((one, other) => other.count - one.count);
}

function statusFrom(app: App | null, given: readonly Given[], problems: readonly Problem[]): WhyDocument['status'] {
  if (app !== null) return 'served';
  if (given.length === 0) return problems.length > 0 ? 'refused' : 'gone';
  return problems.some(({ severity }) => severity === 'error') ? 'refused' : 'pending';
}

function shortList(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown;
}
