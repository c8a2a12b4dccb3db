/**
 * Fields of the engine's spec in the words of a definition: which key of it a path means, how its values are written there,
 * and what a change costs. Pure.
 */
import { formatDuration } from '../core/durations.js';
import { isPauseDelay } from './pause.js';
import { CONTAINER_LABELS } from './service.js';

/** What the change of a field costs. */
export type Cost =
  /** Each task is replaced by a new one. */
  | 'replace'
  /** Tasks are added or removed. */
  | 'scale'
  /** Tasks on nodes that no longer fit are replaced. */
  | 'move'
  /** No task is touched. */
  | 'none';

/** How a value, as JSON or a bare text, is written in a definition; null: values are kept out of messages. */
type Shown = ((value: string) => string) | null;

interface FieldWords {
  /** A key of a definition; a field that no definition has keeps its path. */
  readonly field: string;
  readonly cost: Cost;
  readonly shown: Shown;
}

const NANOSECONDS = 1_000_000;
const NANO_CPUS = 1_000_000_000;
/** The largest first; a size is shown in the first one that leaves no rest. */
const SIZES = [
  ['g', 1_073_741_824],
  ['m', 1_048_576],
  ['k', 1_024],
] as const;

const asIs = (value: string): string => value;
const duration = (value: string): string => formatDuration(Number(value) / NANOSECONDS);
const delay = (value: string): string => (isPauseDelay(Number(value)) ? 'paused' : duration(value));
const cpus = (value: string): string => String(Number(value) / NANO_CPUS);
const labels = (value: string): string =>
  [...value.matchAll(/node\.labels\.([^"]+)/g)].map(([, label]) => label).join(', ');
const memory = (value: string): string => {
  const bytes = Number(value);
  const [unit, size] = SIZES.find(([, one]) => bytes % one === 0) ?? ['', 1];
  return `${bytes / size}${unit}`;
};

const CONTAINER = 'TaskTemplate.ContainerSpec';
const CHECK = `${CONTAINER}.Healthcheck`;
const RESOURCES = 'TaskTemplate.Resources';

const WORDS: ReadonlyMap<string, FieldWords> = new Map([
  replacing(`${CONTAINER}.Image`, 'image'),
  ...['Env', 'Secrets', 'Mounts'].map((part) => replacing(`${CONTAINER}.${part}`, 'env', null)),
  replacing(`${CONTAINER}.Labels.${CONTAINER_LABELS.port}`, 'native_port'),
  replacing(`${CHECK}.Test`, 'placement.healthcheck.command'),
  replacing(`${CHECK}.Interval`, 'placement.healthcheck.interval', duration),
  replacing(`${CHECK}.Timeout`, 'placement.healthcheck.timeout', duration),
  replacing(`${CHECK}.Retries`, 'placement.healthcheck.retries'),
  replacing(`${CHECK}.StartPeriod`, 'placement.healthcheck.start_period', duration),
  replacing(`${CONTAINER}.StopGracePeriod`, 'placement.stop_grace', duration),
  replacing(`${RESOURCES}.Limits.NanoCPUs`, 'placement.limits.cpus', cpus),
  replacing(`${RESOURCES}.Limits.MemoryBytes`, 'placement.limits.memory', memory),
  replacing(`${RESOURCES}.Reservations.NanoCPUs`, 'placement.reservations.cpus', cpus),
  replacing(`${RESOURCES}.Reservations.MemoryBytes`, 'placement.reservations.memory', memory),
  replacing('TaskTemplate.RestartPolicy.Delay', 'placement.restart_delay', duration),
  replacing('TaskTemplate.Networks', 'networks'),
  ['TaskTemplate.Placement.Constraints', { field: 'pods', cost: 'move', shown: asIs }],
  ['TaskTemplate.Placement.Preferences', { field: 'placement.spread', cost: 'move', shown: labels }],
  ['Mode.Replicated.Replicas', { field: 'num_instances', cost: 'scale', shown: asIs }],
  // The rules of an update are those of its rollback too, but for what happens when that fails.
  ...['UpdateConfig', 'RollbackConfig'].flatMap((rules) => [
    free(`${rules}.Order`, 'placement.update.order'),
    free(`${rules}.Parallelism`, 'placement.update.parallelism'),
    free(`${rules}.Delay`, 'placement.update.delay', delay),
    free(`${rules}.Monitor`, 'placement.update.monitor', duration),
  ]),
  free('UpdateConfig.FailureAction', 'placement.update.on_failure'),
]);

/** @param path of a field of a spec, joined by dots: `TaskTemplate.ContainerSpec.Image` */
export function wordsOf(path: string): FieldWords {
  const known = WORDS.get(path);
  if (known !== undefined) return known;
  const cost = path.startsWith('TaskTemplate.') ? 'replace' : 'none';
  const [, place, label] = /^(?:TaskTemplate\.(ContainerSpec)\.)?Labels\.(.+)$/.exec(path) ?? [];
  if (label === undefined) return { field: path, cost, shown: asIs };
  const holder = place === undefined ? 'service' : 'containers';
  return { field: `label ${label} of the ${holder}`, cost, shown: asIs };
}

function replacing(path: string, field: string, shown: Shown = asIs): [string, FieldWords] {
  return [path, { field, cost: 'replace', shown }];
}

function free(path: string, field: string, shown: Shown = asIs): [string, FieldWords] {
  return [path, { field, cost: 'none', shown }];
}
