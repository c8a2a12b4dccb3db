/**
 * What has changed in plain data: numbers, texts and null in lists and objects, at any depth. It travels as JSON.
 *
 *   a list       the places and values that are new, in turn
 *   an object    by key, what has changed there; `false` for a key that is gone
 *   all else     the new value; so does what was neither list nor object before
 *
 * A list keeps its length. Who says the changes takes them in place, who hears them keeps what was there before.
 */
import { createKeyedObject, type KeyedObject } from '../core/keyed-object.js';

/** Only looked up and assigned to where it has the key itself: it may inherit. */
type Parts = { [key: string]: unknown };

const GONE = false;

/**
 * Makes `known` equal to `now`, and shares nothing with it.
 * @returns what has changed; undefined: nothing
 */
export function takeChanges(known: object, now: object): object | undefined {
  return takeParts(known as Parts, now as Parts);
}

/** @returns `before` with the changes made; it shares with both what is the same in them */
export function withChanges(before: unknown, changes: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(changes)) return withPlaces(before, changes);
  return isObject(before) && isObject(changes) ? withParts(before, changes) : changes;
}

function takeParts(known: Parts, now: Parts): Parts | undefined {
  let changes: KeyedObject<unknown> | undefined;
  for (const key of Object.keys(now)) {
    const isKnown = Object.hasOwn(known, key);
    const change = isKnown ? takePart(known, key, now[key]) : addPart(known, key, copyOf(now[key]));
    if (change === undefined) continue;
    changes ??= createKeyedObject();
    changes[key] = change;
  }
  const keys = Object.keys(known);
  if (keys.length === Object.keys(now).length) return changes;
  changes ??= createKeyedObject();
  for (const key of keys) {
    if (Object.hasOwn(now, key)) continue;
    delete known[key];
    changes[key] = GONE;
  }
  return changes;
}

function takePart(known: Parts, key: string, value: unknown): unknown {
  const before = known[key];
  if (before === value) return undefined;
  if (Array.isArray(before) && Array.isArray(value)) return takePlaces(before, value);
  if (isObject(before) && isObject(value)) return takeParts(before, value);
  known[key] = copyOf(value);
  return known[key];
}

function takePlaces(known: unknown[], now: readonly unknown[]): unknown[] | undefined {
  let changes: unknown[] | undefined;
  for (let place = 0; place < now.length; place += 1) {
    const value = now[place];
    if (known[place] === value) continue;
    known[place] = value;
    changes ??= [];
    changes.push(place, value);
  }
  return changes;
}

function withParts(before: Parts, changes: Parts): Parts {
  const after = { ...before };
  for (const key of Object.keys(changes)) {
    const change = changes[key];
    if (change === GONE) delete after[key];
    else if (Object.hasOwn(after, key)) after[key] = withChanges(after[key], change);
    else addPart(after, key, change);
  }
  return after;
}

function withPlaces(before: readonly unknown[], changes: readonly unknown[]): unknown[] {
  const list = [...before];
  for (let index = 0; index < changes.length; index += 2) list[changes[index] as number] = changes[index + 1];
  return list;
}

/** Also under the name `__proto__`, to which nothing can be assigned. */
function addPart(parts: Parts, key: string, value: unknown): unknown {
  Object.defineProperty(parts, key, { value, configurable: true, enumerable: true, writable: true });
  return value;
}

function copyOf(value: unknown): unknown {
  return typeof value === 'object' ? structuredClone(value) : value;
}

function isObject(value: unknown): value is Parts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
