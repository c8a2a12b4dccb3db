/**
 * How the definition of an app and the containers of this node come together. The definition comes from one source; its
 * instances are those that it lists and those that containers offer under its name. Who is at an address of a container
 * the engine decides. Pure.
 */
import { nearestName } from '../core/nearest-name.js';
import { hostPort } from '../core/networks.js';
import type { App, ContainerRef, Instance } from '../model/app.js';
import { containerWords } from '../model/container-words.js';
import { escapeText, type Problem } from '../model/problem.js';
import type { Claim, Offer, OfferedInstance } from '../sources/source.js';

interface JoinInput {
  /** Each name once. */
  readonly apps: readonly App[];
  readonly offers: readonly Offer[];
  readonly claims: readonly Claim[];
  /** All sources have said what they have: an app that none defines is a mistake. */
  readonly isWhole: boolean;
  /** Names of apps whose definition is in error, as it was written there: that is named already. */
  readonly inError: ReadonlySet<string>;
}

/** An address that a definition lists, or a container offers, and that is not served. */
export interface LeftOut {
  readonly app: string;
  readonly address: string;
  /** `container web-1 (0123456789ab)`. */
  readonly place: string;
  readonly why: string;
}

interface JoinedApps {
  readonly apps: readonly App[];
  readonly problems: readonly Problem[];
  readonly leftOut: readonly LeftOut[];
}

/** An offer whose app and port are known. */
interface ResolvedOffer {
  readonly app: App;
  readonly instance: Instance;
}

export function joinOffers(input: JoinInput): JoinedApps {
  if (input.offers.length === 0 && input.claims.length === 0) return { apps: input.apps, problems: [], leftOut: [] };
  return new Join(input).joined();
}

/** The apps without the instances that only containers gave them: what their definitions say. */
export function withoutOffered(apps: readonly App[], definitions: readonly App[]): readonly App[] {
  const listed = new Map(definitions.map(({ name, instances }) => [name, new Set(instances.map(({ id }) => id))]));
  return apps.map((app) => {
    const instances = app.instances.filter(({ id }) => listed.get(app.name)?.has(id) === true);
    return instances.length === app.instances.length ? app : { ...app, instances };
  });
}

class Join {
  readonly #apps: readonly App[];
  readonly #isWhole: boolean;
  /** In small letters. */
  readonly #inError: ReadonlySet<string>;
  readonly #claims: ReadonlyMap<string, Claim>;
  readonly #byName: ReadonlyMap<string, App>;
  readonly #byLowerName: ReadonlyMap<string, App>;
  /** By id. */
  readonly #offered: ReadonlyMap<string, ResolvedOffer>;
  readonly #problems: Problem[] = [];
  readonly #leftOut: LeftOut[] = [];

  constructor({ apps, offers, claims, isWhole, inError }: JoinInput) {
    this.#apps = apps;
    this.#isWhole = isWhole;
    this.#inError = new Set([...inError].map((name) => name.toLowerCase()));
    this.#claims = new Map(claims.map((claim) => [claim.host, claim]));
    this.#byName = new Map(apps.map((app) => [app.name, app]));
    this.#byLowerName = new Map(apps.map((app) => [app.name.toLowerCase(), app]));
    this.#offered = this.#resolve(offers);
  }

  joined(): JoinedApps {
    const added = new Map<string, Instance[]>();
    for (const { app, instance } of this.#offered.values()) {
      added.set(app.name, [...(added.get(app.name) ?? []), instance]);
    }
    const apps = this.#apps.map((app) => {
      const listed = app.instances.flatMap((instance) => this.#listed(app, instance));
      const ids = new Set(app.instances.map(({ id }) => id));
      const more = (added.get(app.name) ?? []).filter(({ id }) => !ids.has(id)).sort((a, b) => (a.id < b.id ? -1 : 1));
      const instances = [...listed, ...more];
      const isSame =
        instances.length === app.instances.length && instances.every((one, index) => one === app.instances[index]);
      return isSame ? app : { ...app, instances };
    });
    return { apps, problems: this.#problems, leftOut: this.#leftOut };
  }

  /** As Consul finds services: letter case does not count where no app is spelled so. */
  #find(name: string): App | null {
    return this.#byName.get(name) ?? this.#byLowerName.get(name.toLowerCase()) ?? null;
  }

  #resolve(offers: readonly Offer[]): ReadonlyMap<string, ResolvedOffer> {
    const resolved = new Map<string, ResolvedOffer>();
    for (const { name, instances } of offers) {
      const app = this.#find(name);
      const isUndefined = app === null && this.#isWhole && !this.#inError.has(name.toLowerCase());
      if (isUndefined && instances.length > 0) this.#noteUndefined(name, instances);
      if (app === null) continue;
      for (const offered of instances) {
        const instance = this.#resolveOne(app, offered);
        if (instance === null) continue;
        const holder = resolved.get(instance.id);
        if (holder === undefined) resolved.set(instance.id, { app, instance });
        else if (holder.app !== app) this.#noteTwice(app, instance, holder);
      }
    }
    return resolved;
  }

  /** @returns null where the engine says that it is not there any more, or nobody knows its port */
  #resolveOne(app: App, { port: ownPort, ...offered }: OfferedInstance): Instance | null {
    const claim = this.#claims.get(offered.host);
    if (claim !== undefined && (claim.standing !== 'running' || claim.life !== offered.life)) return null;
    const port = ownPort ?? app.nativePort;
    if (port !== null) return { ...offered, id: hostPort(offered.host, port), port };
    const place = containerText(offered.container);
    const why = `${place} exposes none or several ports, and names none`;
    this.#note(
      app.name,
      place,
      `${app.name}: ${why}; it serves nothing`,
      `add autoproxy.port, or native_port to ${app.name}`,
    );
    this.#leftOut.push({ app: app.name, address: offered.host, place, why: 'its port is unknown' });
    return null;
  }

  /** What becomes of an instance that the definition lists. */
  #listed(app: App, instance: Instance): readonly Instance[] {
    const offer = this.#offered.get(instance.id);
    const claim = this.#claims.get(instance.host);
    if (offer !== undefined && offer.app !== app)
      return this.#leaveToOther(app, instance, offer.instance, [offer.app.name]);
    if (claim !== undefined && claim.standing !== 'running') {
      this.#leftOut.push({
        app: app.name,
        address: instance.id,
        place: containerText(claim.container),
        why: claim.why,
      });
      return [];
    }
    if (claim !== undefined && !this.#serves(claim, app)) return this.#leaveToOther(app, instance, claim, claim.apps);
    const { life, container } = claim ?? offer?.instance ?? instance;
    return [life === instance.life && container === instance.container ? instance : { ...instance, life, container }];
  }

  /** A container that names no app may serve any. */
  #serves({ apps }: Claim, app: App): boolean {
    return apps.length === 0 || apps.some((name) => name === app.name || this.#find(name) === app);
  }

  #leaveToOther(
    app: App,
    { id, port }: Instance,
    { container }: Pick<Instance, 'container'>,
    others: readonly string[],
  ): readonly Instance[] {
    const place = containerText(container);
    const names = others.slice(0, 3).map((name) => escapeText(name.slice(0, 60)));
    const why = `${place} has this address now and serves ${names.join(', ')}`;
    const hint = `take the address out of the definition of ${app.name}, or, if the container serves both, give it SERVICE_${port}_NAME=${app.name}`;
    this.#note(app.name, place, `${app.name}: ${id} is left out: ${why}`, hint);
    this.#leftOut.push({ app: app.name, address: id, place, why: `it serves ${names.join(', ')}` });
    return [];
  }

  #noteTwice(app: App, { id, container }: Instance, holder: ResolvedOffer): void {
    const place = containerText(container);
    const other = `${containerText(holder.instance.container)} offers it to ${holder.app.name}`;
    this.#note(
      app.name,
      place,
      `${app.name}: ${id} is left out: ${other}`,
      'name one app for each port of a container',
    );
    this.#leftOut.push({ app: app.name, address: id, place, why: other });
  }

  #noteUndefined(name: string, instances: readonly OfferedInstance[]): void {
    const [first] = instances;
    const place = containerText(first?.container ?? null);
    const who = instances.length === 1 ? 'it names' : `it and ${instances.length - 1} more name`;
    const nearest = nearestName(name, this.#byName.keys());
    const hint =
      nearest === null
        ? 'define it, or add autoproxy.slot and autoproxy.protocol to its labels'
        : `did you mean ${nearest}?`;
    const shown = escapeText(name.slice(0, 60));
    this.#note(
      name,
      place,
      `${who} the app ${shown}, which no source defines, and serve${instances.length === 1 ? 's' : ''} nothing`,
      hint,
    );
  }

  #note(app: string, file: string, message: string, hint: string): void {
    this.#problems.push({ severity: 'warning', app, file, line: null, col: null, message, hint });
  }
}

function containerText(container: ContainerRef | null): string {
  return container === null ? 'a container' : containerWords(container);
}
