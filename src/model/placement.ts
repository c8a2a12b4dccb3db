/** How the containers of an app are placed: what Swarm or another starter has to know beside the image. */

/** `path`: generated from `health.path`; `image`: the one that the image brings; `none`: none, also where the image has one. */
export const HEALTHCHECK_SOURCES = ['path', 'image', 'none'] as const;
type HealthcheckSource = (typeof HEALTHCHECK_SOURCES)[number];

export const UPDATE_ORDERS = ['start-first', 'stop-first'] as const;
type UpdateOrder = (typeof UPDATE_ORDERS)[number];

export const FAILURE_ACTIONS = ['rollback', 'pause', 'continue'] as const;
type FailureAction = (typeof FAILURE_ACTIONS)[number];

export interface Placement {
  /** What a container gets at most; null: no limit. */
  readonly limits: Share;
  /** What a node must have free for a container; null: not asked. */
  readonly reservations: Share;
  readonly healthcheck: Healthcheck;
  readonly update: UpdateRules;
  /** From the stop signal to SIGKILL; null: longer than the drain. */
  readonly stopGraceMs: number | null;
  /** From the end of a container to its next start. */
  readonly restartDelayMs: number;
  /** The node label over whose values the instances of a pod are spread, such as `rack`; null: over the nodes alone. */
  readonly spread: string | null;
}

export interface Share {
  /** Thousandths of a core. */
  readonly milliCpus: number | null;
  readonly memoryBytes: number | null;
}

/** Docker's HEALTHCHECK. */
export interface Healthcheck {
  /** A program with its arguments, run in the container; null: as `source` says. */
  readonly command: readonly string[] | null;
  readonly source: HealthcheckSource;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** So many failures in a row make a container unhealthy. */
  readonly retries: number;
  /** Failures within it after the start do not count. */
  readonly startPeriodMs: number;
}

/** How a new version takes the place of the old one (`docker service update`). */
export interface UpdateRules {
  readonly order: UpdateOrder;
  /** Containers that are replaced at one time. */
  readonly parallelism: number;
  readonly delayMs: number;
  /** A container that fails within it after its start makes the update fail. */
  readonly monitorMs: number;
  readonly onFailure: FailureAction;
}

export const PLACEMENT_DEFAULTS: Placement = {
  limits: { milliCpus: null, memoryBytes: null },
  reservations: { milliCpus: null, memoryBytes: null },
  healthcheck: {
    command: null,
    source: 'path',
    // A check is a process of its own: each second, it costs 5 % of a core for each container.
    intervalMs: 5_000,
    timeoutMs: 3_000,
    retries: 3,
    startPeriodMs: 30_000,
  },
  update: { order: 'start-first', parallelism: 1, delayMs: 0, monitorMs: 5_000, onFailure: 'rollback' },
  stopGraceMs: null,
  restartDelayMs: 500,
  spread: null,
};
