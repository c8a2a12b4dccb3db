/**
 * What differs between the spec that is wanted and the one that the manager holds, in the words of the definition. Pure.
 *
 * A manager gives more back than it was told: defaults, and what it found out itself. A field that says nothing (absent, 0,
 * empty) equals one that is absent, and the words in `ENGINE_DEFAULTS` equal absent ones.
 */
import { type Cost, wordsOf } from './spec-words.js';

export interface FieldChange {
  /** `image`, `placement.update.order`; a field that no definition has keeps the engine's name, with dots. */
  readonly field: string;
  /** null: it says nothing, or its values are kept out of messages. */
  readonly from: string | null;
  readonly to: string | null;
  readonly cost: Cost;
}

const ENGINE_DEFAULTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['TaskTemplate.ContainerSpec.Isolation', 'default'],
  ['TaskTemplate.Runtime', 'container'],
  ['EndpointSpec.Mode', 'vip'],
]);

/** Found out by the engine, or counted up by `docker service update --force`: never part of what is wanted. */
const NOT_WANTED = /^(Name|TaskTemplate\.ForceUpdate|TaskTemplate\.Placement\.Platforms)$/;
const DIGEST = /@sha256:[0-9a-f]{64}$/;

/** @param wanted, found whole specs; networks and secrets by name */
export function specDifferences(wanted: object, found: object): readonly FieldChange[] {
  const [to, from] = [fieldsOf(wanted), fieldsOf(found)];
  const changes: FieldChange[] = [];
  for (const path of new Set([...from.keys(), ...to.keys()])) {
    const [before, after] = [from.get(path), to.get(path)];
    if (before === after || isSameImage(path, before, after)) continue;
    const { field, cost, shown } = wordsOf(path);
    changes.push({
      field,
      from: before === undefined ? null : (shown?.(before) ?? null),
      to: after === undefined ? null : (shown?.(after) ?? null),
      cost,
    });
  }
  // The rules of an update are those of its rollback too.
  const said = new Map(changes.map((change) => [`${change.field} ${change.from} ${change.to}`, change]));
  return [...said.values()].sort((one, other) => (one.field < other.field ? -1 : one.field > other.field ? 1 : 0));
}

/** Whether tasks made by the one are the version that the other asks for: a change from one to the other replaces none. */
export function isSameTemplate(wanted: object, found: object): boolean {
  return !specDifferences({ TaskTemplate: wanted }, { TaskTemplate: found }).some(({ cost }) => cost === 'replace');
}

/** Path of a field → its value as JSON. A list is one value. */
function fieldsOf(spec: object): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (isNothing(value) || NOT_WANTED.test(path) || ENGINE_DEFAULTS.get(path) === value) return;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
    } else fields.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  };
  walk(spec, '');
  return fields;
}

function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === undefined || value === null || value === 0 || value === '' || value === false;
}

/** A client may have added the digest that the tag had; the tag is what was asked for. */
function isSameImage(path: string, before: string | undefined, after: string | undefined): boolean {
  if (path !== 'TaskTemplate.ContainerSpec.Image' || before === undefined || after === undefined) return false;
  return !DIGEST.test(after) && before.replace(DIGEST, '') === after;
}
