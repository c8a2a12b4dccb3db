import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { type Generator, type LoadFigures, sumFigures } from './load.js';

const run = promisify(execFile);
const PROGRAM = createRequire(import.meta.url).resolve('autocannon/autocannon.js');

interface Report {
  readonly requests: { readonly total: number; readonly average: number };
  readonly errors: number;
  readonly timeouts: number;
  readonly non2xx: number;
}

/** As a program of its own, so that it can be pinned; one for each port. */
export const autocannon: Generator = async (load) => {
  const { host, ports, connections, seconds, closesEach, bodyBytes, prefix } = load;
  const share = String(Math.max(1, Math.round(connections / ports.length)));
  const parts = ports.map(async (port): Promise<LoadFigures> => {
    const flags = ['--json', '--connections', share, '--duration', String(seconds)];
    if (closesEach) flags.push('--headers', 'connection=close');
    if (bodyBytes > 0) flags.push('--method', 'POST', '--body', 'x'.repeat(bodyBytes));
    const command = [...prefix, process.execPath, PROGRAM, ...flags, `http://${host}:${port}${load.path}`];
    const { stdout } = await run(command[0] ?? '', command.slice(1), { timeout: (seconds + 30) * 1_000 });
    const { requests, errors, timeouts, non2xx } = JSON.parse(stdout) as Report;
    return { requests: requests.total, requestsPerSecond: requests.average, errors: errors + timeouts + non2xx };
  });
  return sumFigures(await Promise.all(parts));
};
