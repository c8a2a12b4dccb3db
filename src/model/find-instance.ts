import type { ContainerRef } from './app.js';

/** Of the beginning of an id. The engine's own tools take fewer, so that a slip of a letter or two names a container. */
export const MIN_ID_DIGITS = 4;

/** An instance as people name it. */
interface NamedInstance {
  /** `ip:port`. */
  readonly id: string;
  readonly container?: ContainerRef | null;
}

/**
 * The instances that somebody means by a word: `ip:port`, the name of a container, its id or the beginning of that, at
 * least four digits. A container that has several ports may be several instances.
 * @returns none, where nothing is so called, or where the beginning fits several containers
 */
export function instancesNamed<T extends NamedInstance>(instances: readonly T[], word: string): readonly T[] {
  const byAddress = instances.filter(({ id }) => id === word);
  if (byAddress.length > 0) return byAddress;
  const byName = instances.filter(({ container }) => container?.name === word);
  if (byName.length > 0) return byName;
  if (word.length < MIN_ID_DIGITS || !/^[0-9a-f]{1,64}$/.test(word)) return [];
  const byId = instances.filter(({ container }) => container?.id.startsWith(word) === true);
  return new Set(byId.map(({ container }) => container?.id)).size === 1 ? byId : [];
}

/** `172.17.0.2:8080 (web-1)`, for messages. */
export function instanceWords({ id, container }: NamedInstance): string {
  return container == null ? id : `${id} (${container.name})`;
}
