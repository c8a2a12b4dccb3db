/** Services that another writer left behind: their address was that of a container of this engine, which is gone. Pure. */
import type { ServiceEntry } from '../consul/answers.js';
import type { Container } from '../docker/container.js';
import { isOwn } from './own-mark.js';

/** Nobody is asked to remove them: who registered them may still mean them. */
export function ghostsAmong(
  services: readonly ServiceEntry[],
  containers: readonly Container[],
  node: string,
): readonly ServiceEntry[] {
  const addresses = (isGone: boolean): Set<string> =>
    new Set(
      containers
        .filter(({ phase }) => (phase === 'ended' || phase === 'removed') === isGone)
        .flatMap(({ networks }) => networks.map(({ address }) => address)),
    );
  const [gone, alive] = [addresses(true), addresses(false)];
  return services.filter(
    (service) => !isOwn(service, node) && gone.has(service.address) && !alive.has(service.address),
  );
}
