/** What both generators are told and say: one kind of request, over and over, on connections of their own. */
export interface Load {
  readonly host: string;
  /** The connections are spread over these. */
  readonly ports: readonly number[];
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly closesEach: boolean;
  /** Sent with POST; 0 is a GET. */
  readonly bodyBytes: number;
  readonly prefix: readonly string[];
}

export interface LoadFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Socket errors, timeouts and statuses other than 2xx. */
  readonly errors: number;
}

export type Generator = (load: Load) => Promise<LoadFigures>;

export function sumFigures(parts: readonly LoadFigures[]): LoadFigures {
  const sum = (read: (part: LoadFigures) => number): number => parts.reduce((total, part) => total + read(part), 0);
  return {
    requests: sum(({ requests }) => requests),
    requestsPerSecond: sum(({ requestsPerSecond }) => requestsPerSecond),
    errors: sum(({ errors }) => errors),
  };
}
