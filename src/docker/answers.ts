/**
 * The engine's answers, checked and brought to what is used of them. Only fields that all versions from 1.24 to 1.51 give
 * are needed; what else stands there is left alone. Each throws a DockerFailure of the kind `malformed`.
 */
import * as v from 'valibot';
import { entriesOf } from '../core/shapes.js';
import { parsedAnswer } from './answer-shape.js';
import type { ContainerHealth, ContainerNetwork } from './container.js';
import type { ContainerFacts, ContainerSummary } from './facts.js';
import { keptLabels, SWARM_TASK_LABEL, serviceWords } from './kept-words.js';
import { signalNumber } from './signal-numbers.js';

const SIGTERM = 15;
/** As long as `docker stop` waits. */
const DEFAULT_STOP_SECONDS = 10;
/** The grace period of a task of Swarm is known by its manager alone. */
const TASK_STOP_SECONDS = 600;

const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'is not the id of a container'));
const endpoint = v.nullish(v.object({ IPAddress: v.optional(v.string()), GlobalIPv6Address: v.optional(v.string()) }));

const networks = v.pipe(
  v.nullish(entriesOf(endpoint), {}),
  v.transform((entries): readonly ContainerNetwork[] =>
    entries.flatMap(([name, ends]) => {
      const address = ends?.IPAddress || ends?.GlobalIPv6Address || '';
      return address === '' ? [] : [{ name, address }];
    }),
  ),
);

const summary = v.pipe(
  v.object({
    Id: id,
    Names: v.nullish(v.array(v.string())),
    State: v.string(),
    Status: v.optional(v.string()),
    NetworkSettings: v.nullish(v.object({ Networks: networks })),
  }),
  v.transform(
    ({ Id, Names, State, Status, NetworkSettings }): ContainerSummary => ({
      id: Id,
      name: ownName(Names ?? []),
      state: State.toLowerCase(),
      status: Status ?? '',
      networks: NetworkSettings?.Networks ?? [],
    }),
  ),
);

const inspection = v.object({
  Id: id,
  Name: v.string(),
  State: v.object({
    Running: v.boolean(),
    Paused: v.boolean(),
    Restarting: v.boolean(),
    OOMKilled: v.optional(v.boolean()),
    ExitCode: v.optional(v.number()),
    StartedAt: v.string(),
    Health: v.nullish(v.object({ Status: v.string() })),
  }),
  Config: v.object({
    Image: v.optional(v.string()),
    Labels: v.nullish(entriesOf(v.string())),
    Env: v.nullish(v.array(v.string())),
    ExposedPorts: v.nullish(entriesOf(v.unknown())),
    StopSignal: v.optional(v.string()),
    StopTimeout: v.nullish(v.number()),
  }),
  HostConfig: v.nullish(v.object({ NetworkMode: v.optional(v.string()) })),
  NetworkSettings: v.nullish(v.object({ Networks: networks, Ports: v.nullish(entriesOf(v.unknown())) })),
});

/** Of /containers/json. */
export function summariesFromBody(body: unknown): readonly ContainerSummary[] {
  return parsedAnswer('the list of containers', v.array(summary), body);
}

/** Of /containers/ID/json. */
export function factsFromBody(body: unknown): ContainerFacts {
  const { Id, Name, State, Config, HostConfig, NetworkSettings } = parsedAnswer('an inspection', inspection, body);
  const isRunning = State.Running && !State.Restarting;
  const startedAtMs = Date.parse(State.StartedAt);
  const { labels, excess } = keptLabels(Config.Labels ?? []);
  const defaultStop = labels.has(SWARM_TASK_LABEL) ? TASK_STOP_SECONDS : DEFAULT_STOP_SECONDS;
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image ?? '',
    labels,
    labelExcess: excess,
    env: serviceWords(Config.Env ?? []),
    ports: portsFrom([...(Config.ExposedPorts ?? []), ...(NetworkSettings?.Ports ?? [])].map(([port]) => port)),
    networks: NetworkSettings?.Networks ?? [],
    isHostNetwork: HostConfig?.NetworkMode === 'host',
    networkOf: /^container:(.+)$/s.exec(HostConfig?.NetworkMode ?? '')?.[1] ?? null,
    // One that was never started has the year 1.
    startedAt: startedAtMs > 0 ? State.StartedAt : null,
    startedAtMs: startedAtMs > 0 ? preciseMs(State.StartedAt, startedAtMs) : 0,
    isRunning,
    isPaused: isRunning && State.Paused,
    isRestarting: State.Restarting,
    isOutOfMemory: State.OOMKilled ?? false,
    exitCode: State.ExitCode ?? 0,
    health: healthFrom(State.Health?.Status ?? ''),
    stopSignal: signalNumber(Config.StopSignal ?? '') ?? SIGTERM,
    stopTimeoutMs: Math.max(0, Config.StopTimeout ?? defaultStop) * 1_000,
  };
}

/** What a status of HEALTHCHECK means; `none` also for what Docker does not know. */
export function healthFrom(status: string): ContainerHealth {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

/** Old engines list the names that links give it too: `/web/db`. */
function ownName(names: readonly string[]): string {
  const own = names.find((name) => !name.slice(1).includes('/')) ?? names[0] ?? '';
  return own.replace(/^\//, '');
}

/** @param keys `80/tcp`, `53/udp` */
function portsFrom(keys: readonly string[]): readonly number[] {
  const ports = keys.map((key) => Number(/^(\d{1,5})\/tcp$/.exec(key)?.[1] ?? 0));
  return [...new Set(ports)].filter((port) => port >= 1 && port <= 65_535).sort((a, b) => a - b);
}

/** Date.parse keeps three digits of nine, and two lives may begin within one millisecond of it. */
function preciseMs(text: string, wholeMs: number): number {
  const digits = /\.(\d+)/.exec(text)?.[1] ?? '';
  const beyondMs = digits.slice(3, 9);
  return wholeMs + (beyondMs === '' ? 0 : Number(`0.${beyondMs}`));
}
