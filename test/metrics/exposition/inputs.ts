import { createSlotCounters, type SlotCounters } from '../../../src/metrics/counters.js';
import type {
  AppFigures,
  ExpositionInput,
  InstanceFigures,
  NodeFigures,
} from '../../../src/metrics/exposition/input.js';
import { createHistogram } from '../../../src/metrics/histogram.js';
import { TrafficRecord } from '../../../src/metrics/traffic-record.js';

const NODE: NodeFigures = {
  ...{ version: '1.2.3', nodeVersion: 'v20.19.0', startedAtMs: 1_700_000_000_000, uptimeMs: 61_000 },
  ...{ isReady: true, isStopping: false, revision: 3, appliedRevision: 3 },
};

/** A node without anything. */
export function inputOf(given: Partial<ExpositionInput> = {}): ExpositionInput {
  const nothing = { apps: [], sources: [], workers: [], processes: [], changes: [], stateParts: [] };
  return { node: NODE, ...nothing, configErrors: 0, unexpectedErrors: 0, ...given };
}

export function countersOf(given: Partial<SlotCounters>): SlotCounters {
  return { ...createSlotCounters(), ...given };
}

export function appOf(given: Partial<AppFigures> = {}): AppFigures {
  const { counters = createSlotCounters() } = given;
  const traffic = new TrafficRecord().of('a', counters, 0, 0);
  return { name: 'a', protocol: 'http', isBound: true, neighborsUp: 0, counters, traffic, instances: [], ...given };
}

export function instanceOf(id: string, given: Partial<InstanceFigures> = {}): InstanceFigures {
  return {
    ...{ id, server: `a_${id}`, up: true, state: 'ready', weight: 1, limit: 0, sinceMs: 5_000 },
    ...{ check: { code: 'L7OK', status: 200, tookMs: 2 }, failures: 0, downs: 0, downMs: 0 },
    ...given,
  };
}

/** A node with one of each, so that every family has a sample. */
export const EVERYTHING = inputOf({
  apps: [
    appOf({
      name: 'shop',
      counters: countersOf({ errors: { STOPPING: 1 }, clientLimit: 10 }),
      instances: [instanceOf('10.0.0.1:80', { limit: 5 })],
    }),
  ],
  sources: [{ name: 'directory', up: true, staleMs: 0, apps: 1, held: 0 }],
  workers: [{ index: 0, restarts: 0, state: 'serving' }],
  processes: [
    {
      ...{ name: 'primary', pid: 1, residentBytes: 1, cpuSeconds: 1, openFiles: 1, maxFiles: 1 },
      loopDelay: createHistogram(),
    },
  ],
  changes: [{ cause: 'directory', took: createHistogram() }],
  accessLog: { lines: 3, dropped: 1, waiting: 2, failure: null },
  stateParts: [{ part: 'decisions', isSaved: true }],
  clients: { open: 1, limit: 2, limitReached: 0, limitMs: 0 },
  registrar: { up: true, registered: 0, ghosts: 0 },
});
