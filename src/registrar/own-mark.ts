/** How a registrar knows what it registered itself, in this life or an earlier one. */
import type { ServiceEntry } from '../consul/answers.js';
import { SHORT_ID_DIGITS } from '../model/container-words.js';

const NODE_MARK = 'autoproxy-node';
const LIFE_MARK = 'autoproxy-life';

/**
 * Dashes, not colons: a registrator beside takes `HOST:CONTAINER:PORT` for its own, and its cleanup removes those that it
 * does not know.
 */
export function serviceIdOf(node: string, containerId: string, port: number): string {
  return `${prefixOf(node)}${containerId.slice(0, SHORT_ID_DIGITS)}-${port}`;
}

/** @param service one of our own */
export function isOfContainer(service: Pick<ServiceEntry, 'id'>, containerId: string, node: string): boolean {
  return service.id.startsWith(`${prefixOf(node)}${containerId.slice(0, SHORT_ID_DIGITS)}-`);
}

export function markOf(node: string, life: string): readonly (readonly [key: string, value: string])[] {
  return [
    [NODE_MARK, node],
    [LIFE_MARK, life],
  ];
}

/** Mark and id: somebody may have copied one of them. */
export function isOwn(service: Pick<ServiceEntry, 'id' | 'meta'>, node: string): boolean {
  const rest = service.id.startsWith(prefixOf(node)) ? service.id.slice(prefixOf(node).length) : '';
  return service.meta[NODE_MARK] === node && /^[0-9a-f]{12}-\d{1,5}$/.test(rest);
}

/** Of which life of its container a registration is. */
export function lifeOf({ meta }: Pick<ServiceEntry, 'meta'>): string | null {
  return meta[LIFE_MARK] ?? null;
}

function prefixOf(node: string): string {
  return `autoproxy-${node}-`;
}
