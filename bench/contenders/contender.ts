/** A proxy that is measured: all are started the same way, on the same core, before the same three origins. */
export interface Contender {
  readonly name: string;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** False: as it comes, it opens a connection for each request, and has its clients do so too. */
  readonly keepsAlive: boolean;
  start(): Promise<void>;
  /** Processes whose CPU time is the price of its requests. */
  pids(): Promise<readonly number[]>;
  /** Processes that belong to it and carry no request. */
  sidePids(): Promise<readonly number[]>;
  stop(): Promise<void>;
}

export interface ContenderOptions {
  readonly host: string;
  readonly port: number;
  readonly originHost: string;
  readonly originPorts: readonly number[];
  /** Pins it: `taskset -c 0`. */
  readonly prefix: readonly string[];
}
