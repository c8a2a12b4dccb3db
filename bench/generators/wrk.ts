import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findComponents } from '../../test/support/components.js';
import { type Generator, type Load, type LoadFigures, sumFigures } from './load.js';

const run = promisify(execFile);

/** One wrk for each port, all at once. */
export const wrk: Generator = async (load) => {
  const { wrk: program } = findComponents();
  if (program === null) throw new Error('wrk is missing: npm run bench:setup as root installs it');
  const folder = mkdtempSync(path.join(tmpdir(), 'autoproxy-wrk-'));
  try {
    const script = load.bodyBytes > 0 ? writeScript(folder, load.bodyBytes) : [];
    const parts = load.ports.map((port) => runOne(program, port, script, load));
    return sumFigures(await Promise.all(parts));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

function writeScript(folder: string, bodyBytes: number): string[] {
  const file = path.join(folder, 'post.lua');
  writeFileSync(file, `wrk.method = "POST"\nwrk.body = string.rep("x", ${bodyBytes})\n`);
  return ['-s', file];
}

async function runOne(program: string, port: number, script: readonly string[], load: Load): Promise<LoadFigures> {
  const { host, ports, connections, seconds, closesEach, prefix } = load;
  const url = `http://${host}:${port}${load.path}`;
  const share = Math.max(1, Math.round(connections / ports.length));
  const fields = closesEach ? ['-H', 'Connection: close'] : [];
  const command = [...prefix, program, '-t1', `-c${share}`, `-d${seconds}s`, ...fields, ...script, url];
  const { stdout } = await run(command[0] ?? '', command.slice(1), { timeout: (seconds + 30) * 1_000 });
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? [];
  const badStatus = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0),
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    errors: badStatus + errors.reduce((sum, count) => sum + Number(count), 0),
  };
}
