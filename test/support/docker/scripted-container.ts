/** A container of a scripted engine, and what lists and inspections say of it. */

/** How a container is made. */
export interface Made {
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: readonly string[];
  readonly ports?: readonly string[];
  /** Addresses by network; one of `bridge` when none is said. */
  readonly networks?: Readonly<Record<string, string>>;
  readonly networkMode?: string;
  readonly stopSignal?: string;
  readonly stopTimeout?: number;
  readonly health?: string;
}

export interface ScriptedContainer extends Omit<Made, 'networks'> {
  readonly id: string;
  networks: Readonly<Record<string, string>>;
  name: string;
  /** Without the networks that were disconnected. */
  networksNow: Readonly<Record<string, string>>;
  state: 'created' | 'running' | 'paused' | 'exited';
  startedAt: string;
  exitCode: number;
  healthNow: string | null;
}

export const NEVER = '0001-01-01T00:00:00Z';

/** Its entry in the list. @param nowMs by the clock of the engine */
export function summaryOf(container: ScriptedContainer, nowMs: number): object {
  const { id, name, labels = {}, state, healthNow, startedAt, exitCode } = container;
  const seconds = Math.floor((nowMs - Date.parse(startedAt)) / 1_000);
  const age = seconds < 60 ? `${seconds} seconds` : `${Math.floor(seconds / 60)} minutes`;
  const health = healthNow === null ? '' : ` (${healthNow === 'starting' ? 'health: starting' : healthNow})`;
  const Status =
    state === 'exited'
      ? `Exited (${exitCode}) 2 minutes ago`
      : state === 'created'
        ? 'Created'
        : `Up ${age}${state === 'paused' ? ' (Paused)' : health}`;
  return {
    Id: id,
    Names: [`/${name}`],
    Image: 'app:1',
    Labels: labels,
    State: state,
    Status,
    NetworkSettings: { Networks: networksOf(container) },
  };
}

/** Its inspection. */
export function inspectionOf(container: ScriptedContainer): object {
  const { id, name, labels = {}, env = [], ports = ['8080/tcp'], state, startedAt, exitCode, healthNow } = container;
  const isRunning = state === 'running' || state === 'paused';
  const health = healthNow === null ? {} : { Health: { Status: healthNow, FailingStreak: 0, Log: [] } };
  return {
    Id: id,
    Name: `/${name}`,
    Created: '2026-11-29T11:00:00.123456789Z',
    State: {
      Status: state,
      Running: isRunning,
      Paused: state === 'paused',
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: 1,
      ExitCode: exitCode,
      StartedAt: startedAt,
      FinishedAt: NEVER,
      ...health,
    },
    Config: {
      Image: 'app:1',
      Labels: labels,
      Env: env,
      ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
      ...(container.stopSignal === undefined ? {} : { StopSignal: container.stopSignal }),
      ...(container.stopTimeout === undefined ? {} : { StopTimeout: container.stopTimeout }),
    },
    HostConfig: { NetworkMode: container.networkMode ?? 'bridge' },
    NetworkSettings: { Networks: networksOf(container), Ports: {} },
  };
}

function networksOf({ networksNow, networks, networkMode }: ScriptedContainer): object {
  if (networkMode === 'host') return { host: { IPAddress: '', GlobalIPv6Address: '' } };
  return Object.fromEntries(
    Object.keys(networks).map((name) => [name, { IPAddress: networksNow[name] ?? '', GlobalIPv6Address: '' }]),
  );
}
