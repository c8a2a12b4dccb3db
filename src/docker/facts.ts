/** What the engine tells of a container when it is asked. */
import type { ContainerHealth, ContainerNetwork } from './container.js';

/** As the list of all containers tells it: enough to see whether something changed. */
export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`. */
  readonly state: string;
  /** For people, and the only place of its health and age: `Up 7 seconds (healthy)`. */
  readonly status: string;
  readonly networks: readonly ContainerNetwork[];
}

/** As an inspection tells it. */
export interface ContainerFacts {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly labels: ReadonlyMap<string, string>;
  /** What was not kept of its labels, in words; null: all that may matter was kept. */
  readonly labelExcess: string | null;
  readonly env: ReadonlyMap<string, string>;
  readonly ports: readonly number[];
  readonly networks: readonly ContainerNetwork[];
  readonly isHostNetwork: boolean;
  readonly networkOf: string | null;
  /** RFC 3339, as the engine writes it; null: it was never started. */
  readonly startedAt: string | null;
  /** The same, in ms since 1970, with a fraction. */
  readonly startedAtMs: number;
  /** Paused ones run too; one that waits for its restart does not. */
  readonly isRunning: boolean;
  readonly isPaused: boolean;
  readonly isRestarting: boolean;
  readonly isOutOfMemory: boolean;
  readonly exitCode: number;
  readonly health: ContainerHealth;
  /** Of the signal that asks it to end. */
  readonly stopSignal: number;
  /** How long it has to end after that; the longest that is likely where an orchestrator alone knows. */
  readonly stopTimeoutMs: number;
}
