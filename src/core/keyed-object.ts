declare const withoutPrototype: unique symbol;

/**
 * Values by text from outside (names of apps, ids of instances) that travel as JSON; what stays in one process takes a
 * `Map`. It inherits nothing, so `constructor` and `__proto__` are keys like any other: absent until they are set.
 * `createKeyedObject` alone makes one; the mark exists for the compiler only.
 */
export type KeyedObject<T> = { [key: string]: T } & { readonly [withoutPrototype]: true };

/** @param entries such as `Object.entries` of what JSON.parse made, whose objects inherit again */
export function createKeyedObject<T>(entries: Iterable<readonly [key: string, value: T]> = []): KeyedObject<T> {
  const object = Object.create(null) as KeyedObject<T>;
  for (const [key, value] of entries) object[key] = value;
  return object;
}
