/** What every program is told, and what it must say: `listening`. */
import { createServer, type RequestListener } from 'node:http';

export interface ProgramArguments {
  readonly host: string;
  readonly port: number;
  /** `host:port` of each. */
  readonly instances: readonly string[];
  readonly variant: string;
}

export function readArguments(): ProgramArguments {
  return JSON.parse(process.argv[2] ?? '{}') as ProgramArguments;
}

/** Gives the origins in turn, as `http://host:port`. */
export function rotateOrigins({ instances }: ProgramArguments): () => string {
  const origins = instances.map((instance) => `http://${instance}`);
  let next = 0;
  return () => {
    next += 1;
    return origins[next % origins.length] ?? '';
  };
}

export function serve({ host, port }: ProgramArguments, listener: RequestListener): void {
  createServer(listener).listen(port, host, () => process.send?.('listening'));
}
