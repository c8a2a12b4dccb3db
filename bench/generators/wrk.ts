import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findComponents } from '../../test/support/machine/components.js';
import { MissingProgram } from '../contenders/missing-program.js';
import { createDirectory, removeDirectory, runProgram } from '../leftovers.js';
import { type Generator, type Latency, type Load, type LoadFigures, sumFigures } from './load.js';

/** One wrk for each port, all at once, as fast as answers come. */
export const wrk: Generator = async (load) => {
  const { wrk: program } = findComponents();
  if (program === null) throw new MissingProgram('wrk');
  const folder = createDirectory('wrk');
  try {
    const script = path.join(folder, 'load.lua');
    writeFileSync(script, scriptOf(load));
    const parts = load.ports.map((port) => runOne(program, port, script, load));
    return sumFigures(await Promise.all(parts));
  } finally {
    removeDirectory(folder);
  }
};

function scriptOf({ bodyBytes }: Load): string {
  const lines = ['function done(summary, latency, requests)'];
  lines.push(
    '  print(string.format("Percentiles: %d %d %d", latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))',
  );
  lines.push('end');
  if (bodyBytes > 0) lines.push('wrk.method = "POST"', `wrk.body = string.rep("x", ${bodyBytes})`);
  return `${lines.join('\n')}\n`;
}

async function runOne(program: string, port: number, script: string, load: Load): Promise<LoadFigures> {
  const { host, ports, connections, seconds, closesEach, prefix } = load;
  const url = `http://${host}:${port}${load.path}`;
  const share = Math.max(1, Math.round(connections / ports.length));
  const fields = closesEach ? ['-H', 'Connection: close'] : [];
  const flags = ['-t1', `-c${share}`, `-d${seconds}s`, ...fields, '-s', script];
  const output = await runProgram([...prefix, program, ...flags, url], (seconds + 30) * 1_000);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output)?.slice(1) ?? [];
  const badStatus = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  return {
    requests: Number(/(\d+) requests in/.exec(output)?.[1] ?? 0),
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1] ?? 0),
    errors: badStatus + errors.reduce((sum, count) => sum + Number(count), 0),
    latency: latencyFrom(output),
  };
}

/** wrk counts microseconds. */
function latencyFrom(output: string): Latency | null {
  const [p50, p99, p999] = /Percentiles: (\d+) (\d+) (\d+)/.exec(output)?.slice(1).map(Number) ?? [];
  if (p50 === undefined || p99 === undefined || p999 === undefined) return null;
  return { p50: p50 / 1_000, p99: p99 / 1_000, p999: p999 / 1_000 };
}
