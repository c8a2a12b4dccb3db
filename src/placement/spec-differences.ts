/**
 * What differs between the spec that is wanted and the one that the manager holds, in the words of the definition. Pure.
 *
 * A manager gives more back than it was told: defaults, and what it found out itself. A field that says nothing (absent, 0,
 * empty) equals one that is absent, and the words in `ENGINE_DEFAULTS` equal absent ones.
 */
import { CONTAINER_LABELS } from './service.js';

/** What the change of a field costs. */
type Cost =
  /** Each task is replaced by a new one. */
  | 'replace'
  /** Tasks are added or removed. */
  | 'scale'
  /** Tasks on nodes that no longer fit are replaced. */
  | 'move'
  /** No task is touched. */
  | 'none';

export interface FieldChange {
  /** `image`, `placement.update.order`; a field that no definition has keeps the engine's name. */
  readonly field: string;
  /** null: it says nothing, or its values are kept out of messages. */
  readonly from: string | null;
  readonly to: string | null;
  readonly cost: Cost;
}

interface Word {
  readonly path: RegExp;
  readonly field: string;
  readonly cost: Cost;
  readonly isSecret?: true;
}

const WORDS: readonly Word[] = [
  { path: /^Labels\./, field: 'labels of the service', cost: 'none' },
  { path: /^TaskTemplate\.ContainerSpec\.Image$/, field: 'image', cost: 'replace' },
  { path: /^TaskTemplate\.ContainerSpec\.Env$/, field: 'env', cost: 'replace', isSecret: true },
  { path: /^TaskTemplate\.ContainerSpec\.(Secrets|Mounts)$/, field: 'env', cost: 'replace', isSecret: true },
  {
    path: new RegExp(`^TaskTemplate\\.ContainerSpec\\.Labels\\.${CONTAINER_LABELS.port.replace('.', '\\.')}$`),
    field: 'native_port',
    cost: 'replace',
  },
  { path: /^TaskTemplate\.ContainerSpec\.Labels\./, field: 'labels of the containers', cost: 'replace' },
  { path: /^TaskTemplate\.ContainerSpec\.Healthcheck\./, field: 'placement.healthcheck', cost: 'replace' },
  { path: /^TaskTemplate\.ContainerSpec\.StopGracePeriod$/, field: 'placement.stop_grace', cost: 'replace' },
  { path: /^TaskTemplate\.Resources\.Limits\./, field: 'placement.limits', cost: 'replace' },
  { path: /^TaskTemplate\.Resources\.Reservations\./, field: 'placement.reservations', cost: 'replace' },
  { path: /^TaskTemplate\.RestartPolicy\./, field: 'placement.restart_delay', cost: 'replace' },
  { path: /^TaskTemplate\.Placement\.Constraints$/, field: 'pods', cost: 'move' },
  { path: /^TaskTemplate\.Placement\.Preferences$/, field: 'placement.spread', cost: 'move' },
  { path: /^TaskTemplate\.Networks$/, field: 'networks', cost: 'replace' },
  { path: /^TaskTemplate\./, field: '', cost: 'replace' },
  { path: /^Mode\.Replicated\.Replicas$/, field: 'num_instances', cost: 'scale' },
  { path: /^UpdateConfig\./, field: 'placement.update', cost: 'none' },
  { path: /^RollbackConfig\./, field: 'placement.update', cost: 'none' },
];

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
    const { field, cost, isSecret = false } = WORDS.find((word) => word.path.test(path)) ?? { field: '', cost: 'none' };
    const isShown = !isSecret;
    const name = field === '' ? path : field;
    changes.push({
      field: name,
      from: isShown ? (before ?? null) : null,
      to: isShown ? (after ?? null) : null,
      cost,
    });
  }
  // The rules of an update are those of its rollback too.
  const said = new Map(changes.map((change) => [`${change.field} ${change.from} ${change.to}`, change]));
  return [...said.values()].sort((one, other) => (one.field < other.field ? -1 : one.field > other.field ? 1 : 0));
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
