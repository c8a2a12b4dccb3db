/** What Consul holds about this node, put together so that each app finds its services by name. Pure. */
import type { CheckEntry, NodeServices, ServiceEntry } from '../../consul/answers.js';
import { isOfAgent } from '../../consul/checks.js';
import { hostPort } from '../../core/networks.js';
import { parseInstanceAddress } from '../../model/address.js';
import type { App } from '../../model/app.js';
import { type LastGoodWords, type ServiceWords, wordsFromService } from './words.js';

/** What the catalogue holds about one node, read together; it is asked once for each app. */
export interface NodeCatalogue {
  /** Name of the node. */
  readonly node: string;
  /** Address of the node; empty when the catalogue has no such node. */
  readonly address: string;
  /** By name in lower case, as Consul itself looks names up. */
  readonly servicesByName: ReadonlyMap<string, readonly ServiceEntry[]>;
  /** By the id of their service in lower case; under the empty id those of the node. */
  readonly checksByService: ReadonlyMap<string, readonly CheckEntry[]>;
  readonly wordsByService: ReadonlyMap<string, ServiceWords>;
}

/** Where the last good words of a service come from, while its present ones cannot be read. */
export interface PastWords {
  /** The catalogue as it was seen before. */
  readonly catalogue: NodeCatalogue | null;
  /** Until there is one: what was served before the last stop. */
  readonly stored: readonly App[];
}

const NO_PAST: PastWords = { catalogue: null, stored: [] };

/** @param services null: the catalogue has no such node */
export function nodeCatalogue(
  node: string,
  services: NodeServices | null,
  checks: readonly CheckEntry[],
  past: PastWords = NO_PAST,
): NodeCatalogue {
  const entries = services?.services ?? [];
  const address = services?.address ?? '';
  const lastOf = (service: ServiceEntry): LastGoodWords | null =>
    past.catalogue === null
      ? storedWords(past.stored, service, address)
      : (past.catalogue.wordsByService.get(service.id) ?? null);
  return {
    node,
    address,
    servicesByName: groupedBy(entries, ({ name }) => name.toLowerCase()),
    checksByService: groupedBy(
      // Whether the agent of this node is alive says nothing about the instances: this node asks them itself.
      checks.filter((check) => !isOfAgent(check)),
      ({ serviceId }) => serviceId.toLowerCase(),
    ),
    wordsByService: new Map(entries.map((service) => [service.id, wordsFromService(service, lastOf(service))])),
  };
}

function storedWords(apps: readonly App[], service: ServiceEntry, nodeAddress: string): LastGoodWords | null {
  const place = parseInstanceAddress(addressTextOf(service, nodeAddress));
  const app = 'id' in place ? apps.find(({ name }) => name === service.name.toLowerCase()) : undefined;
  return app?.instances.find(({ id }) => 'id' in place && id === place.id) ?? null;
}

/** `ip:port` as registered, or of the node. */
export function addressTextOf({ address, port }: ServiceEntry, nodeAddress: string): string {
  const host = address === '' ? nodeAddress : address;
  return hostPort(host, port);
}

function groupedBy<T>(entries: readonly T[], keyOf: (entry: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const group = groups.get(keyOf(entry));
    if (group === undefined) groups.set(keyOf(entry), [entry]);
    else group.push(entry);
  }
  return groups;
}
