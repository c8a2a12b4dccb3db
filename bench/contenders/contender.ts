/** A proxy that is measured: all are started the same way, on the same core, before the same origins. */
export interface Contender {
  readonly name: string;
  readonly version: string;
  readonly host: string;
  /** Ports of its slots; every one serves the same instances. */
  readonly ports: readonly number[];
  /** False: as it comes, it opens a connection for each request, and has its clients do so too. */
  readonly keepsAlive: boolean;
  /** False: it copies bytes, so there is nothing of HTTP to verify. */
  readonly knowsHttp?: boolean;
  start(): Promise<void>;
  /** Processes whose CPU time is the price of its requests. */
  pids(): Promise<readonly number[]>;
  /** Processes that belong to it and carry no request. */
  sidePids(): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** One whose instances can be changed while it serves. */
export interface ChangingContender extends Contender {
  /** Puts other instances behind its first slot, as its operators would; returns before they are in force. */
  change(instances: readonly string[]): void;
  /** How many configurations have come into force since the start. */
  changesInForce(): Promise<number>;
}

/** What a workload wants of those that it compares. */
export interface Setup {
  readonly protocol: 'http' | 'tcp';
  readonly slots: number;
  readonly instances: number;
  readonly hasAccessLog: boolean;
  readonly workers: number;
  /** Who answers: nginx, or the echo of WebSockets. */
  readonly origin: 'nginx' | 'echo';
  /** As many connections have to find room. */
  readonly maxConnections: number;
}

export const PLAIN_SETUP: Setup = {
  protocol: 'http',
  slots: 1,
  instances: 3,
  hasAccessLog: false,
  workers: 1,
  origin: 'nginx',
  maxConnections: 6_000,
};

export interface ContenderOptions {
  readonly host: string;
  /** The first port; each slot takes two, as a slot and its health port do. */
  readonly port: number;
  /** `host:port` of the instances. */
  readonly instances: readonly string[];
  readonly setup: Setup;
  /** Pins it: `taskset -c 0`. */
  readonly prefix: readonly string[];
}

export function portsOf({ port, setup }: ContenderOptions): number[] {
  return Array.from({ length: setup.slots }, (_, index) => port + 2 * index);
}

/** A library's program or a bare nginx is compared in the plain case alone. */
export function isPlain(setup: Setup): boolean {
  return JSON.stringify(setup) === JSON.stringify(PLAIN_SETUP);
}
