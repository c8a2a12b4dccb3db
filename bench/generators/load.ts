/** What the generators are told and say: one kind of request, over and over, on connections of their own. */
export interface Load {
  readonly host: string;
  /** The connections are spread over these. */
  readonly ports: readonly number[];
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly closesEach: boolean;
  /** Sent with POST; 0 is a GET. Of a WebSocket message its size. */
  readonly bodyBytes: number;
  /** Requests per second over all connections, about; null: as fast as answers come. */
  readonly perSecond: number | null;
  readonly prefix: readonly string[];
}

/** In milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface LoadFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Socket errors, timeouts and statuses other than 2xx. */
  readonly errors: number;
  /** How many failed in which way, of a generator that knows it. */
  readonly failures?: Readonly<Record<string, number>>;
  /** Of a generator that knows it, with one port. */
  readonly latency: Latency | null;
}

export type Generator = (load: Load) => Promise<LoadFigures>;

export function sumFigures(parts: readonly LoadFigures[]): LoadFigures {
  const sum = (read: (part: LoadFigures) => number): number => parts.reduce((total, part) => total + read(part), 0);
  return {
    requests: sum(({ requests }) => requests),
    requestsPerSecond: sum(({ requestsPerSecond }) => requestsPerSecond),
    errors: sum(({ errors }) => errors),
    latency: parts.length === 1 ? (parts[0]?.latency ?? null) : null,
  };
}
