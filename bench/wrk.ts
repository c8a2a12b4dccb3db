import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findComponents } from '../test/support/components.js';

const run = promisify(execFile);

export interface WrkOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly fields?: readonly string[];
  readonly prefix?: readonly string[];
}

export interface WrkResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Socket errors and statuses other than 2xx and 3xx. */
  readonly errors: number;
}

export async function runWrk({ url, connections, seconds, fields = [], prefix = [] }: WrkOptions): Promise<WrkResult> {
  const { wrk } = findComponents();
  if (wrk === null) throw new Error('wrk is missing: npm test as root installs it, or apt-get install wrk');
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, ...fields.flatMap((field) => ['-H', field]), url];
  const command = [...prefix, wrk, ...flags];
  const { stdout } = await run(command[0] ?? '', command.slice(1), { timeout: (seconds + 30) * 1_000 });
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? [];
  const badStatus = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  return {
    requests,
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    errors: badStatus + errors.reduce((sum, count) => sum + Number(count), 0),
  };
}
