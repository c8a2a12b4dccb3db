/** What a definition says about the placement of its containers. */
import { isScalar } from 'yaml';
import {
  FAILURE_ACTIONS,
  HEALTHCHECK_SOURCES,
  PLACEMENT_DEFAULTS,
  type Placement,
  type Share,
  UPDATE_ORDERS,
} from '../model/placement.js';
import { describe, optional, type Reader, refuse, sourceOf, type Values } from '../yaml/reader.js';
import { duration, integer, oneOf, size, text } from '../yaml/scalar-readers.js';
import { group, list, optionalGroup } from '../yaml/table-reader.js';
import { INVALID } from '../yaml/yaml-text.js';

const { healthcheck, update } = PLACEMENT_DEFAULTS;

const MAX_MEMORY_BYTES = 17_592_186_044_416;
/** Docker refuses less. */
const MIN_MEMORY_BYTES = 6_291_456;
const MAX_CORES = 4_096;

/** `2`, `0.5`, `0.125`: cores, in thousandths. */
const cores: Reader<number> = {
  schema: { type: 'number', minimum: 0.01, maximum: MAX_CORES, multipleOf: 0.001 },
  read(value, place) {
    const isNumber = isScalar(value) && typeof value.value === 'number';
    const match = /^(\d{1,4})(?:\.(\d{1,3}))?$/.exec(isNumber ? (sourceOf(value) ?? '') : '');
    const milli = match === null ? 0 : Number(match[1]) * 1_000 + Number((match[2] ?? '').padEnd(3, '0'));
    if (milli >= 10 && milli <= MAX_CORES * 1_000) return milli;
    return refuse(place, value, `${describe(value)} is not a number of cores`, 'write 2, 0.5 or 0.125; at least 0.01');
  },
};

const bytes = size(MAX_MEMORY_BYTES);
const memory: Reader<number> = {
  schema: bytes.schema,
  read(value, place) {
    const read = bytes.read(value, place);
    if (read === INVALID || read >= MIN_MEMORY_BYTES) return read;
    return refuse(place, value, `${describe(value)} is less than Docker allows`, 'write 6m or more');
  },
};

const argument = text(
  (written) => (/^[^\0]+$/.test(written) ? written : null),
  'an argument of a program',
  'write texts: [wget, -qO-, "http://127.0.0.1:8080/health"]',
);
const argumentList = list(argument, 'write a list: [wget, -qO-, "http://127.0.0.1:8080/health"]');
const command: Reader<readonly string[]> = {
  schema: { ...argumentList.schema, minItems: 1 },
  read(value, place) {
    const read = argumentList.read(value, place);
    if (read === INVALID || read.length > 0) return read;
    return refuse(place, value, 'the command is empty', 'write the program and its arguments, or "source: none"');
  },
};

const nodeLabel = text(
  (written) => (/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(written) ? written : null),
  'the name of a node label',
  'write the label alone, such as rack',
);

export const SHARE_KEYS = {
  cpus: optional<number | null>(cores, null, 'the number of cores, such as 0.5'),
  memory: optional<number | null>(memory, null, 'the size of its memory, such as 512m'),
};

export const HEALTHCHECK_KEYS = {
  source: optional(
    oneOf(HEALTHCHECK_SOURCES),
    healthcheck.source,
    'where the HEALTHCHECK comes from: health.path, the image, or none',
  ),
  command: optional<readonly string[] | null>(command, null, 'a program in the container that checks it, in its place'),
  interval: optional(duration(1_000), healthcheck.intervalMs, 'the time between two checks'),
  timeout: optional(duration(1_000), healthcheck.timeoutMs, 'the time after which a check has failed'),
  retries: optional(integer(1, 100), healthcheck.retries, 'how many failed checks in a row make a container unhealthy'),
  start_period: optional(
    duration(0),
    healthcheck.startPeriodMs,
    'the time after a start in which failed checks do not count',
  ),
};

export const UPDATE_KEYS = {
  order: optional(oneOf(UPDATE_ORDERS), update.order, 'whether a new container starts before an old one stops'),
  parallelism: optional(integer(1, 1_000), update.parallelism, 'how many containers are replaced at one time'),
  delay: optional(duration(0), update.delayMs, 'the pause between two containers'),
  monitor: optional(duration(0), update.monitorMs, 'the time after its start in which a container must not fail'),
  on_failure: optional(oneOf(FAILURE_ACTIONS), update.onFailure, 'what becomes of an update whose containers fail'),
};

export const PLACEMENT_KEYS = {
  limits: optionalGroup(SHARE_KEYS, 'what a container gets at most'),
  reservations: optionalGroup(SHARE_KEYS, 'what a node must have free for a container'),
  healthcheck: optionalGroup(HEALTHCHECK_KEYS, 'how Docker checks a container'),
  update: optionalGroup(UPDATE_KEYS, 'how a new version takes the place of the old one'),
  stop_grace: optional<number | null>(
    duration(1_000),
    null,
    'the time from the stop signal to SIGKILL; without it, 5s more than timeouts.drain',
  ),
  restart_delay: optional(
    duration(0),
    PLACEMENT_DEFAULTS.restartDelayMs,
    'the time from the end of a container to its next start',
  ),
  spread: optional<string | null>(
    nodeLabel,
    null,
    'the node label over whose values the instances of a pod are spread',
  ),
};

const table = group(PLACEMENT_KEYS);

export const placement: Reader<Placement> = {
  schema: table.schema,
  read(value, place) {
    const values = table.read(value, place);
    if (values === INVALID) return INVALID;
    const { limits, reservations, healthcheck: check } = values;
    if (check.command !== null && check.source !== 'path') {
      const hint = 'write only one of the two';
      return refuse(place, value, `healthcheck has a command, and "source: ${check.source}" beside it`, hint);
    }
    for (const [name, least, most] of [
      ['cpus', reservations.cpus, limits.cpus],
      ['memory', reservations.memory, limits.memory],
    ] as const)
      if (least !== null && most !== null && least > most) {
        const hint = `write ${name} of reservations at most as large as that of limits`;
        return refuse(place, value, `reservations.${name} is larger than limits.${name}`, hint);
      }
    return placementFrom(values);
  },
};

function placementFrom(values: Values<typeof PLACEMENT_KEYS>): Placement {
  return {
    limits: shareFrom(values.limits),
    reservations: shareFrom(values.reservations),
    healthcheck: {
      command: values.healthcheck.command,
      source: values.healthcheck.source,
      intervalMs: values.healthcheck.interval,
      timeoutMs: values.healthcheck.timeout,
      retries: values.healthcheck.retries,
      startPeriodMs: values.healthcheck.start_period,
    },
    update: {
      order: values.update.order,
      parallelism: values.update.parallelism,
      delayMs: values.update.delay,
      monitorMs: values.update.monitor,
      onFailure: values.update.on_failure,
    },
    stopGraceMs: values.stop_grace,
    restartDelayMs: values.restart_delay,
    spread: values.spread,
  };
}

function shareFrom({ cpus, memory: memoryBytes }: Values<typeof SHARE_KEYS>): Share {
  return { milliCpus: cpus, memoryBytes };
}
