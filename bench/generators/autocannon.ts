import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createDirectory, removeDirectory, runProgram } from '../leftovers.js';
import { type Generator, type LoadFigures, sumFigures } from './load.js';

const PROGRAM = createRequire(import.meta.url).resolve('autocannon/autocannon.js');

interface Report {
  readonly requests: { readonly total: number; readonly average: number };
  readonly errors: number;
  readonly timeouts: number;
  readonly non2xx: number;
}

/** As a program of its own, so that it can be pinned; one for each port. */
export const autocannon: Generator = async (load) => {
  const { host, ports, connections, seconds, closesEach, bodyBytes, perSecond, prefix } = load;
  const folder = createDirectory('autocannon');
  const body = path.join(folder, 'body');
  writeFileSync(body, 'x'.repeat(bodyBytes));
  const share = String(Math.max(1, Math.round(connections / ports.length)));
  try {
    const parts = ports.map(async (port): Promise<LoadFigures> => {
      const flags = ['--json', '--connections', share, '--duration', String(seconds)];
      if (closesEach) flags.push('--headers', 'connection=close');
      if (bodyBytes > 0) flags.push('--method', 'POST', '--input', body);
      if (perSecond !== null) flags.push('--overallRate', String(Math.round(perSecond / ports.length)));
      const command = [...prefix, process.execPath, PROGRAM, ...flags, `http://${host}:${port}${load.path}`];
      const report = JSON.parse(await runProgram(command, (seconds + 30) * 1_000)) as Report;
      const { requests, errors, timeouts, non2xx } = report;
      return {
        requests: requests.total,
        requestsPerSecond: requests.average,
        errors: errors + timeouts + non2xx,
        // It counts whole milliseconds: nothing for a loopback.
        latency: null,
      };
    });
    return sumFigures(await Promise.all(parts));
  } finally {
    removeDirectory(folder);
  }
};
