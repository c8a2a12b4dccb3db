/** What is known of a container of this engine: what it was made with, and how its life stands. */

/**
 * `stopping`: it got a signal that means its end, and may still answer what it has begun.
 * `ended`: it does not run; the engine still has it, and may start it again.
 * `removed`: the engine has it no more.
 */
export type ContainerPhase = 'running' | 'paused' | 'stopping' | 'ended' | 'removed';

/** What its HEALTHCHECK says; `none`: it has none. */
export type ContainerHealth = 'none' | 'starting' | 'healthy' | 'unhealthy';

export interface ContainerNetwork {
  readonly name: string;
  /** IPv4, or IPv6 where the network has no IPv4. Never empty. */
  readonly address: string;
}

/** One life of a container: from a start to its end. Containers that were made and never started are not known. */
export interface Container {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Without the slash that the engine writes before it. Another container may get it when this one is removed. */
  readonly name: string;
  /** `0123456789ab@2026-11-29T11:02:03.123456789Z`: a container that starts again has another life. */
  readonly life: string;
  readonly image: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Of its environment only `SERVICE_*`, the words of registrator. */
  readonly env: ReadonlyMap<string, string>;
  /** TCP ports that it exposes, ascending, each once. */
  readonly ports: readonly number[];
  /** Where it is reached, by the name of the network. After its end: where it was reached. */
  readonly networks: readonly ContainerNetwork[];
  /** Addresses that this life had and has no more, while it runs: it was disconnected. The newest, each once. */
  readonly lostAddresses: readonly string[];
  /** It shares the network of its host: `networks` is empty, and its ports are ports of the host. */
  readonly isHostNetwork: boolean;
  /** Id or name of the container whose network it shares: `networks` is empty; null: it has its own. */
  readonly networkOf: string | null;
  readonly phase: ContainerPhase;
  /** Of a container that does not run: the last that was said. */
  readonly health: ContainerHealth;
  /** When the phase began; ms, as the clock of the node counts. */
  readonly since: number;
  /** Why it is in this phase, for people, safe to print: `signal 15`, `exit code 137, out of memory`; empty while it runs. */
  readonly why: string;
}
