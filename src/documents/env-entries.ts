/** The environment of an app's containers: values are texts, secrets are only said where they are. */
import { isMap, isScalar } from 'yaml';
import type { EnvEntry } from '../model/app-definition.js';
import { describe, type Place, type Reader, refuse, required } from '../yaml/reader.js';
import { text } from '../yaml/scalar-readers.js';
import { group } from '../yaml/table-reader.js';
import { type Entry, INVALID, type Invalid } from '../yaml/yaml-text.js';

/** The kernel's own limit for one string is 128 KiB; certificates are a few. */
const MAX_VALUE_LENGTH = 32_768;
/** POSIX, 8.1, and lower case as in use. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;

const secretFile = text(
  (written) => (/^file:(\/(?!\.\.?(\/|$))[A-Za-z0-9._@%+=:,-]+)+$/.test(written) ? written : null),
  'a place of a secret',
  'write file: and an absolute path: {from: file:/run/secrets/db}',
);

const secret = group({ from: required(secretFile, 'where the secret is read from') });

/** A map of names to texts or `{from: file:/...}`, in the order of the names: two spellings of one environment are one. */
export const env: Reader<readonly EnvEntry[]> = {
  schema: {
    type: 'object',
    propertyNames: { pattern: NAME.source },
    additionalProperties: { anyOf: [{ type: 'string', maxLength: MAX_VALUE_LENGTH }, secret.schema] },
  },
  read(value, place) {
    place.text.hide(value);
    if (!isMap(value)) return refuse(place, value, `${describe(value)} is not a map`, 'write {LOG_LEVEL: info}');
    const entries = place.text.entries(value, place.app);
    if (entries === INVALID) return INVALID;
    const read = entries.map((entry) => readEntry(entry, place));
    if (read.includes(INVALID)) return INVALID;
    return (read as EnvEntry[]).sort((a, b) => (a.name < b.name ? -1 : 1));
  },
};

function readEntry({ name, key, value }: Entry, outer: Place): EnvEntry | Invalid {
  // A name that is none may hold a value: DB_PASSWORD=secret, DB_PASSWORD:secret.
  if (!NAME.test(name)) {
    const begin = /^[A-Za-z0-9_]{0,40}/.exec(name)?.[0] ?? '';
    const named = begin === '' ? outer : { ...outer, path: `${outer.path}.${begin}...` };
    return refuse(named, key, 'this is not a name for a variable', 'write NAME: "text", of letters, digits and _');
  }
  const place = { ...outer, path: `${outer.path}.${name.slice(0, 40)}` };
  if (value === null) return refuse(place, key, 'has no value', 'write "" for an empty one');
  // Where it stands behind an alias, the map above does not hold it.
  place.text.hide(value);
  if (isMap(value)) {
    const from = secret.read(value, place);
    return from === INVALID ? INVALID : { name, value: from };
  }
  if (!isScalar(value) || typeof value.value !== 'string') {
    // 1.10 would become 1.1, and 0x1F 31.
    return refuse(place, value, `${describe(value)} is not text`, 'write it in quotes');
  }
  if (value.value.includes('\0') || value.value.length > MAX_VALUE_LENGTH) {
    return refuse(place, value, 'has a NUL or is too long', `write at most ${MAX_VALUE_LENGTH} characters of text`);
  }
  return { name, value: value.value };
}
