/** What the agent should have of the containers of this node. Pure: containers in, services out. */
import { createHash } from 'node:crypto';
import type { ServiceRegistration } from '../consul/agent-services.js';
import type { Refusal } from '../core/refusal.js';
import { type Container, containerWords, SHORT_ID_DIGITS } from '../docker/container.js';
import { placesOf } from '../docker/container-places.js';
import { serviceWord } from '../docker/service-words.js';
import { stateFromText, weightFromText } from '../documents/instance-words.js';
import { escapeText } from '../model/problem.js';
import { markOf, serviceIdOf } from './own-mark.js';
import { checksOf, type Place, type WantedCheck } from './wanted-checks.js';

export interface WantedService extends ServiceRegistration {
  readonly checks: readonly WantedCheck[];
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
}

interface WantedOptions {
  readonly node: string;
  /** Of an app, for a container that does not say its port; null: nobody knows. */
  readonly nativePortOf: (app: string) => number | null;
}

/**
 * Running ones alone: what is stopping or paused gets nothing new, whatever its checks still say. Words about places are
 * judged where they are read, and named by the source of instances.
 */
export function wantedFrom(containers: readonly Container[], { node, nativePortOf }: WantedOptions): Wanted {
  const services = new Map<string, WantedService>();
  const refusals: ContainerRefusal[] = [];
  for (const container of containers) {
    if (container.phase !== 'running') continue;
    const refuse = (more: readonly Refusal[]): void => {
      for (const one of more) refusals.push({ ...one, container: containerWords(container) });
    };
    for (const place of placesOf(container).places) {
      const port = place.port ?? nativePortOf(place.name);
      if (port === null) {
        const message = `it says no port, and nothing known here defines the app ${escapeText(place.name)}`;
        refuse([{ message: `${message}; it is not registered`, hint: 'add the label autoproxy.port' }]);
        continue;
      }
      const { service, refusals: more } = serviceAt(container, { ...place, port }, node);
      refuse(more);
      services.set(service.id, service);
    }
  }
  return { services: [...services.values()], refusals };
}

function serviceAt(
  container: Container,
  place: Place,
  node: string,
): { readonly service: WantedService; readonly refusals: readonly Refusal[] } {
  const { name, address, port } = place;
  const id = serviceIdOf(node, container.id.slice(0, SHORT_ID_DIGITS), port);
  const { checks, refusals } = checksOf(container, place, id);
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
  const tags = tagsFrom(labels.get('autoproxy.tags') ?? serviceWord(container, port, 'TAGS') ?? '');
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
