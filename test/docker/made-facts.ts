import type { ContainerFacts, ContainerSummary } from '../../src/docker/facts.js';

export type FactsOverrides = Partial<Omit<ContainerFacts, 'startedAtMs' | 'id'>>;

const STARTED_AT = '2026-11-29T12:00:00.000000000Z';
export const A_SECOND_LATER = '2026-11-29T12:00:01.000000000Z';
export const STARTED_MS = Date.parse(STARTED_AT);

const ADDRESS = { name: 'bridge', address: '172.17.0.2' };

/** Of a running container that is in no way special. */
export const PLAIN = {
  labelExcess: null,
  env: new Map<string, string>(),
  isHostNetwork: false,
  networkOf: null,
  isRunning: true,
  isPaused: false,
  isRestarting: false,
  isOutOfMemory: false,
  exitCode: 0,
  health: 'none',
  // What an engine does without a word: TERM, and KILL after ten seconds.
  stopSignal: 15,
  stopTimeoutMs: 10_000,
} as const;

export function idOf(number: number): string {
  return number.toString(16).padStart(64, '0');
}

/** A running container. */
export function factsOf(number: number, overrides: FactsOverrides = {}): ContainerFacts {
  const { startedAt = STARTED_AT } = overrides;
  return {
    ...PLAIN,
    name: `app-${number}`,
    image: 'app:1',
    labels: new Map([['autoproxy.app', 'shop']]),
    ports: [8080],
    networks: [ADDRESS],
    ...overrides,
    id: idOf(number),
    startedAt,
    startedAtMs: startedAt === null ? 0 : Date.parse(startedAt),
  };
}

export function summaryOf(number: number, overrides: Partial<ContainerSummary> = {}): ContainerSummary {
  return {
    id: idOf(number),
    name: `app-${number}`,
    state: 'running',
    status: 'Up 5 minutes',
    networks: [ADDRESS],
    ...overrides,
  };
}
