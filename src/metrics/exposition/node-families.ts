import { compareTexts, type Emit, type Family, labelsOf } from './family.js';
import { emitHistogram } from './histogram-samples.js';
import type { ExpositionInput, ProcessFigures } from './input.js';
import type { ExpositionView } from './view.js';

type NodeFamily = Family<ExpositionView>;

function family(
  name: string,
  type: NodeFamily['type'],
  help: string,
  write: (input: ExpositionInput, emit: Emit) => void,
): NodeFamily {
  return { name: `autoproxy_${name}`, type, help, write: ({ input }, emit) => write(input, emit) };
}

function one(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  read: (input: ExpositionInput) => number | null | undefined,
): NodeFamily {
  return family(name, type, help, (input, emit) => {
    const value = read(input);
    if (value !== null && value !== undefined) emit('', value);
  });
}

type Source = ExpositionInput['sources'][number];

function ofSources(name: string, help: string, read: (source: Source) => number): NodeFamily {
  return family(`source_${name}`, 'gauge', help, ({ sources }, emit) => {
    for (const source of sources.toSorted((a, b) => compareTexts(a.name, b.name)))
      emit(labelsOf({ source: source.name }), read(source));
  });
}

function ofProcesses(
  name: string,
  type: NodeFamily['type'],
  help: string,
  write: (figures: ProcessFigures, labels: string, emit: Emit) => void,
): NodeFamily {
  return family(`process_${name}`, type, help, ({ processes }, emit) => {
    for (const figures of processes.toSorted((a, b) => compareTexts(a.name, b.name)))
      write(figures, labelsOf({ process: figures.name }), emit);
  });
}

const CLIENT_FAMILIES = [
  one(
    'node_connections',
    'gauge',
    'Connections of clients, of all apps and of those that left.',
    (input) => input.clients?.open,
  ),
  one(
    'node_connection_limit',
    'gauge',
    'Connections that clients may have, all apps together.',
    (input) => input.clients?.limit,
  ),
  one(
    'node_connection_limit_reached_total',
    'counter',
    'How often a worker reached its part of the limit.',
    (input) => input.clients?.limitReached,
  ),
  one(
    'node_connection_limit_seconds_total',
    'counter',
    'How long new clients waited at the limit, summed over the workers.',
    (input) => (input.clients === undefined ? null : input.clients.limitMs / 1_000),
  ),
];

const ACCESS_LOG_FAMILIES = [
  one(
    'access_log_lines_total',
    'counter',
    'Lines of the access log, those that were dropped included.',
    ({ accessLog }) => accessLog?.lines,
  ),
  one(
    'access_log_dropped_lines_total',
    'counter',
    'Lines of the access log that could not be written.',
    ({ accessLog }) => accessLog?.dropped,
  ),
  one(
    'access_log_waiting_lines',
    'gauge',
    'Lines of the access log that cannot be written at present, and wait.',
    ({ accessLog }) => accessLog?.waiting,
  ),
];

const SOURCE_FAMILIES = [
  ofSources(
    'up',
    'Whether the last read of the source succeeded; a source that is not in use has no line.',
    ({ up }) => (up ? 1 : 0),
  ),
  ofSources(
    'stale_seconds',
    'Age of the state in force of a source that does not answer.',
    ({ staleMs }) => staleMs / 1_000,
  ),
  ofSources('apps', 'Apps that the source defines.', ({ apps }) => apps),
  ofSources('held', 'Apps that the source has lost, wholly or in part, and that are served on.', ({ held }) => held),
];

const REGISTRAR_FAMILIES = [
  one('registrar_up', 'gauge', 'Whether all containers could be registered as they ask.', ({ registrar }) =>
    registrar === undefined ? null : registrar.up ? 1 : 0,
  ),
  one(
    'registrar_services',
    'gauge',
    'Services of containers of this machine in Consul.',
    ({ registrar }) => registrar?.registered,
  ),
  one(
    'registrar_ghosts',
    'gauge',
    'Services of other writers for containers that are gone.',
    ({ registrar }) => registrar?.ghosts,
  ),
];

const PROCESS_FAMILIES = [
  ofProcesses('resident_memory_bytes', 'gauge', 'Memory of the process.', ({ residentBytes }, labels, emit) =>
    emit(labels, residentBytes),
  ),
  ofProcesses(
    'cpu_seconds_total',
    'counter',
    'CPU time of the process, user and system.',
    ({ cpuSeconds }, labels, emit) => emit(labels, cpuSeconds),
  ),
  ofProcesses('open_fds', 'gauge', 'Open file descriptors of the process.', ({ openFiles }, labels, emit) =>
    emit(labels, openFiles),
  ),
  ofProcesses('max_fds', 'gauge', 'File descriptors that the process may have.', ({ maxFiles }, labels, emit) =>
    emit(labels, maxFiles),
  ),
  ofProcesses(
    'event_loop_delay_seconds',
    'histogram',
    'How late a timer of the process fired that is due ten times a second.',
    ({ loopDelay }, labels, emit) => {
      if (loopDelay !== null) emitHistogram(labels, loopDelay, emit);
    },
  ),
];

export const NODE_FAMILIES: readonly NodeFamily[] = [
  ...CLIENT_FAMILIES,
  ...ACCESS_LOG_FAMILIES,
  family(
    'state_saved',
    'gauge',
    'Whether the part of the state that a restart needs is on the disk as the node knows it.',
    ({ stateParts }, emit) => {
      for (const { part, isSaved } of stateParts.toSorted((a, b) => compareTexts(a.part, b.part)))
        emit(labelsOf({ part }), isSaved ? 1 : 0);
    },
  ),
  ...SOURCE_FAMILIES,
  ...REGISTRAR_FAMILIES,
  family(
    'change_seconds',
    'histogram',
    'From a change to the moment when all workers have it in force, by what changed.',
    ({ changes }, emit) => {
      for (const { cause, took } of changes.toSorted((a, b) => compareTexts(a.cause, b.cause)))
        emitHistogram(labelsOf({ cause }), took, emit);
    },
  ),
  one('config_errors', 'gauge', 'Errors in the present states of the sources.', ({ configErrors }) => configErrors),
  one(
    'unexpected_errors_total',
    'counter',
    'Unexpected errors of the primary.',
    ({ unexpectedErrors }) => unexpectedErrors,
  ),
  family('worker_restarts_total', 'counter', 'How often a crashed worker was replaced.', ({ workers }, emit) => {
    // While a worker is rolled there are two of one place.
    const places = new Map(workers.map(({ index, restarts }) => [index, restarts]));
    for (const [index, restarts] of [...places].toSorted(([a], [b]) => a - b)) emit(`worker="${index}"`, restarts);
  }),
  family('workers', 'gauge', 'Worker processes, by state.', ({ workers }, emit) => {
    for (const state of ['starting', 'serving', 'draining'])
      emit(`state="${state}"`, workers.filter((worker) => worker.state === state).length);
  }),
  ...PROCESS_FAMILIES,
  one('node_ready', 'gauge', 'Whether the node does its work.', ({ node }) => (node.isReady ? 1 : 0)),
  one('node_stopping', 'gauge', 'Whether the node drains in order to end.', ({ node }) => (node.isStopping ? 1 : 0)),
  one('revision', 'gauge', 'The newest table of apps.', ({ node }) => node.revision),
  one(
    'applied_revision',
    'gauge',
    'The oldest table that a serving worker has in force.',
    ({ node }) => node.appliedRevision,
  ),
  one('start_time_seconds', 'gauge', 'When the node started, in Unix time.', ({ node }) => node.startedAtMs / 1_000),
  family('build_info', 'gauge', 'Always 1; the versions are its labels.', ({ node }, emit) =>
    emit(labelsOf({ version: node.version, node_version: node.nodeVersion }), 1),
  ),
];
