/** The list of instances in the services directory: an address each, or the long form with weight and state. */
import { isMap, isScalar, type Node, type Scalar } from 'yaml';
import { parseInstanceAddress } from '../model/address.js';
import { ADMIN_STATES, type AdminState, APP_DEFAULTS, type Instance, NO_CONTAINER } from '../model/app.js';
import { describe, type JsonSchema, optional, type Place, type Reader, refuse, required } from '../yaml/reader.js';
import { integer, oneOf } from '../yaml/scalar-readers.js';
import { group, list } from '../yaml/table-reader.js';
import { INVALID } from '../yaml/yaml-text.js';
import {
  MAX_WEIGHT,
  stateFromText,
  type UnreadWord,
  unreadState,
  unreadWeight,
  weightFromText,
} from './instance-words.js';

const address: Reader<Pick<Instance, 'id' | 'host' | 'port'>> = {
  schema: { type: 'string', description: 'ip:port or [v6]:port' },
  read(value, place) {
    const written = isScalar(value) ? plainTextOf(value) : null;
    const parsed =
      written === null
        ? { message: 'this is not text', hint: 'write "ip:port", in quotes where IPv6 needs brackets' }
        : parseInstanceAddress(written);
    return 'id' in parsed ? parsed : refuse(place, value, `${quote(written)}${parsed.message}`, parsed.hint);
  },
};

/** A word whose text says nothing that is known: the instance stays, and what counts is known with its address. */
interface Unread {
  readonly node: Node;
}

/** Never invalid: a mistake in a word must not take out an instance or a whole app. */
function wordOf<T>(schema: JsonSchema, fromText: (text: string) => T | null): Reader<T | Unread> {
  return { schema, read: (value) => (isScalar(value) ? fromText(plainTextOf(value)) : null) ?? { node: value } };
}

/** `010` is eight to one reader of YAML and ten to another. */
const weight = wordOf(integer(0, MAX_WEIGHT).schema, (text) => (/^0\d/.test(text) ? null : weightFromText(text)));
const state = wordOf(oneOf(ADMIN_STATES).schema, stateFromText);

const INSTANCE_KEYS = {
  address: required(address, 'the address of the instance: ip:port or [v6]:port'),
  weight: optional<number | Unread>(
    weight,
    APP_DEFAULTS.weight,
    'the share of the traffic, 0 to 256; at 0, the instance takes nothing new',
  ),
  state: optional<AdminState | Unread>(
    state,
    APP_DEFAULTS.state,
    'what the instance takes: ready, drain (nothing new) or maint (nothing)',
  ),
};

const instanceMap = group(INSTANCE_KEYS);

/** `"ip:port"`, or the long form with weight and state. */
const instance: Reader<Instance> = {
  schema: { anyOf: [address.schema, instanceMap.schema] },
  read(value, place) {
    if (!isMap(value)) {
      const read = address.read(value, place);
      if (read === INVALID) return INVALID;
      const { weight, state } = APP_DEFAULTS;
      return { ...read, ...NO_CONTAINER, weight, state };
    }
    const read = instanceMap.read(value, place);
    if (read === INVALID) return INVALID;
    const last = place.lastInstances?.get(read.address.id) ?? null;
    return {
      ...read.address,
      ...NO_CONTAINER,
      weight: wordInForce(read.weight, last?.weight ?? null, APP_DEFAULTS.weight, unreadWeight, place),
      state: wordInForce(read.state, last?.state ?? null, APP_DEFAULTS.state, unreadState, place),
    };
  },
};

/** The word as it is written; where that cannot be read, the last good one, or the default. */
function wordInForce<T extends string | number>(
  read: T | Unread,
  last: T | null,
  fallback: T,
  complaint: (written: string, counts: string) => UnreadWord,
  place: Place,
): T {
  if (typeof read !== 'object') return read;
  const counts = last === null ? `${fallback}, the default,` : `${last}, the last good one,`;
  const { message, hint } = complaint(describe(read.node), counts);
  place.text.note('warning', place.app, read.node, `${place.path}: ${message}`, hint);
  return last ?? fallback;
}

const instanceList = list(instance, 'write ["ip:port", ...]');

/** One address twice is one instance, unless the two differ. */
export const instances: Reader<readonly Instance[]> = {
  schema: instanceList.schema,
  read(value, place) {
    const read = instanceList.read(value, place);
    if (read === INVALID) return INVALID;
    const byId = new Map<string, Instance>();
    for (const one of read) {
      const earlier = byId.get(one.id);
      if (earlier !== undefined && (earlier.weight !== one.weight || earlier.state !== one.state)) {
        return refuse(place, value, `${one.id} is listed twice, with different weights or states`, 'keep one of them');
      }
      if (earlier !== undefined) {
        place.text.note('warning', place.app, value, `${place.path}: ${one.id} is listed twice`, 'remove one of them');
      }
      byId.set(one.id, one);
    }
    return [...byId.values()];
  },
};

function plainTextOf({ source, value }: Scalar): string {
  return source ?? String(value);
}

function quote(written: string | null): string {
  return written === null ? '' : `"${written.slice(0, 60)}": `;
}
