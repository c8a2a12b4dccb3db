/** What the agent should have of the containers of this node. Pure: containers in, services out. */
import { createHash } from 'node:crypto';
import type { ServiceRegistration } from '../consul/agent-services.js';
import { NODE_SERVICE } from '../consul/settings.js';
import { canonicalAddress } from '../core/networks.js';
import type { Refusal } from '../core/refusal.js';
import type { Container } from '../docker/container.js';
import { placesOf } from '../docker/container-places.js';
import { serviceWord } from '../docker/service-words.js';
import { stateFromText, weightFromText } from '../documents/instance-words.js';
import type { App } from '../model/app.js';
import { containerWords } from '../model/container-words.js';
import { escapeText } from '../model/problem.js';
import { REGISTRAR_SERVICE } from './claim.js';
import { markOf, serviceIdOf } from './own-mark.js';
import { checksOf, type Place, type WantedCheck } from './wanted-checks.js';

export interface WantedService extends ServiceRegistration<WantedCheck> {
  /** Of its container. */
  readonly life: string;
  /** When its container began to run; ms, as the clock of the node counts. */
  readonly runsSince: number;
}

/** Words of a container that ask for what cannot be done. */
interface ContainerRefusal extends Refusal {
  /** `container web-1 (0123456789ab)`. */
  readonly container: string;
}

export interface Wanted {
  /** Each id once. */
  readonly services: readonly WantedService[];
  readonly refusals: readonly ContainerRefusal[];
  /** Ids of containers of which something is not known yet: what is registered of them stays. */
  readonly undecided: ReadonlySet<string>;
}

/** What the definition of an app says where its container says nothing. */
export type DefinedApp = Pick<App, 'nativePort' | 'health' | 'sendProxy'>;

interface WantedOptions {
  readonly node: string;
  /** null: nothing that is known here defines it. */
  readonly appOf: (name: string) => DefinedApp | null;
}

/** Under which nodes and registrars are found; in any letter case, as Consul compares. */
const OTHERS_NAMES: readonly string[] = ['consul', NODE_SERVICE, REGISTRAR_SERVICE];

/**
 * Running ones alone: what is stopping or paused gets nothing new, whatever its checks still say. Words about places are
 * judged where they are read, and named by the source of instances.
 */
export function wantedFrom(containers: readonly Container[], { node, appOf }: WantedOptions): Wanted {
  const services = new Map<string, WantedService>();
  const refusals: ContainerRefusal[] = [];
  const undecided = new Set<string>();
  const owners = ownersOf(containers);
  for (const container of containers) {
    if (container.phase !== 'running') continue;
    const refuse = (refusal: Refusal): void => {
      refusals.push({ ...refusal, container: containerWords(container) });
    };
    for (const place of placesOf(container).places) {
      // What it says of itself is wrong where the engine gave the address to another one.
      if (!(owners.get(canonicalAddress(place.address))?.has(container.id) ?? true)) continue;
      const app = appOf(place.name);
      const port = place.port ?? app?.nativePort ?? null;
      if (OTHERS_NAMES.includes(place.name.toLowerCase())) {
        refuse({ message: `no container may register as ${place.name}`, hint: 'give its service another name' });
      } else if (port === null) {
        undecided.add(container.id);
        const message = `no port: it names none, and no known definition of ${escapeText(place.name)} has a native_port`;
        refuse({ message: `${message}; it is not registered`, hint: 'add the label autoproxy.port' });
      } else {
        const { service, refusals: more } = serviceAt(container, { ...place, port }, app, node);
        for (const refusal of more) refuse(refusal);
        services.set(service.id, service);
      }
    }
  }
  return { services: [...services.values()], refusals, undecided };
}

/** Ids of those that have an address of the engine and are there, by address. */
function ownersOf(containers: readonly Container[]): ReadonlyMap<string, ReadonlySet<string>> {
  const owners = new Map<string, Set<string>>();
  for (const { id, phase, networks } of containers) {
    if (phase === 'ended' || phase === 'removed') continue;
    for (const { address } of networks) {
      const host = canonicalAddress(address);
      owners.set(host, (owners.get(host) ?? new Set()).add(id));
    }
  }
  return owners;
}

function serviceAt(
  container: Container,
  place: Place,
  app: DefinedApp | null,
  node: string,
): { readonly service: WantedService; readonly refusals: readonly Refusal[] } {
  const { name, address, port } = place;
  const id = serviceIdOf(node, container.id, port);
  const { checks, refusals } = checksOf(container, place, app, id);
  const { labels } = container;
  const weight = weightFromText(labels.get('autoproxy.weight') ?? '');
  const state = stateFromText(labels.get('autoproxy.state') ?? '');
  const meta = new Map([
    ...markOf(node, container.life),
    ['autoproxy-container', escapeText(container.name).slice(0, 255)],
    ['autoproxy-checks', fingerprintOf(checks)],
    ...(weight === null ? [] : [['autoproxy-weight', String(weight)] as const]),
    ...(state === null ? [] : [['autoproxy-state', state] as const]),
  ]);
  const ownTags = labels.get('autoproxy.tags') ?? '';
  const tags = tagsFrom(ownTags.trim() === '' ? (serviceWord(container, port, 'TAGS') ?? '') : ownTags);
  const service = {
    id,
    name,
    tags,
    address,
    port,
    meta,
    weight,
    checks,
    life: container.life,
    runsSince: container.since,
  };
  return { service, refusals };
}

/** Commas part them, `\,` is a comma within one; as registrator reads them. Each once, in their order. */
function tagsFrom(text: string): readonly string[] {
  const tags = text.match(/(?:\\,|[^,])+/g) ?? [];
  return [...new Set(tags.map((tag) => tag.replaceAll('\\,', ',')))];
}

/** The agent does not tell how it makes a check: so the registration says which checks came with it. */
function fingerprintOf(checks: readonly WantedCheck[]): string {
  const shapes = checks.map(({ id, name, probe, deregisterAfter }) => ({ id, name, probe, deregisterAfter }));
  return createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 16);
}
