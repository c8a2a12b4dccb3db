/** Debian's Prometheus and its promtool, for what it says of our metrics and rules. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort, ownAddress } from '../addresses.js';
import { atEnd, type Ending, temporaryFolder } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from './bound-process.js';
import {
  cachedProgram,
  type DebianProgram,
  fetchDebianProgram,
  isExecutable,
  machineRelease,
} from './debian-package.js';

const run = promisify(execFile);

/** It is linked statically but for the C library, so the one of the machine's own release runs here. */
function debians(name: string): DebianProgram {
  return { packageName: 'prometheus', suite: machineRelease(), file: `usr/bin/${name}`, hasOwnLibraries: false };
}

/** Fetches it unless it is here. @throws Error with what apt said */
export async function preparePrometheus(): Promise<void> {
  if (isExecutable(cachedProgram(debians('promtool')))) return;
  console.log('Fetching Prometheus …');
  try {
    await fetchDebianProgram(debians('promtool'));
  } catch (error) {
    throw new Error(`missing: Prometheus, and Debian's could not be fetched: ${(error as Error).message}`);
  }
}

interface Verdict {
  readonly exitCode: number;
  /** Both outputs. */
  readonly text: string;
}

/** @param input for its standard input */
export async function promtool(args: readonly string[], input = ''): Promise<Verdict> {
  const running = run(cachedProgram(debians('promtool')), [...args], { encoding: 'utf8', timeout: 60_000 });
  running.child.stdin?.end(input);
  try {
    const { stdout, stderr } = await running;
    return { exitCode: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { exitCode: code, text: stdout + stderr };
  }
}

export interface RunningPrometheus {
  readonly url: string;
  /** The value of each series that the expression has now, by its labels as text. */
  query(expression: string): Promise<ReadonlyMap<string, number>>;
}

interface QueryAnswer {
  readonly data: { readonly result: readonly { readonly metric: object; readonly value: readonly [number, string] }[] };
}

/** Starts one that scrapes `targets` each second. @param ruleFiles absolute paths @param access keys of the scrape configuration */
export async function startPrometheus(
  context: Ending,
  targets: readonly string[],
  ruleFiles: readonly string[] = [],
  access: object = {},
): Promise<RunningPrometheus> {
  const folder = temporaryFolder(context, 'prometheus');
  const host = ownAddress();
  const listen = `${host}:${await freePort(host)}`;
  const file = path.join(folder, 'prometheus.yml');
  const lines = [
    'global: {scrape_interval: 1s, evaluation_interval: 1s}',
    `rule_files: ${JSON.stringify(ruleFiles)}`,
    `scrape_configs: [${JSON.stringify({ job_name: 'autoproxy', static_configs: [{ targets }], ...access })}]`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const command = [cachedProgram(debians('prometheus')), `--config.file=${file}`];
  const child = spawnBound([...command, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${listen}`], {
    stdio: 'ignore',
  });
  atEnd(context, async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  });
  const url = `http://${listen}`;
  await eventually('Prometheus is ready', async () => {
    const response = await fetch(`${url}/-/ready`).catch(() => null);
    return response?.ok === true;
  });
  return {
    url,
    async query(expression) {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      if (!response.ok) throw new Error(`Prometheus refuses ${expression}: ${await response.text()}`);
      const { data } = (await response.json()) as QueryAnswer;
      return new Map(data.result.map(({ metric, value }) => [JSON.stringify(metric), Number(value[1])]));
    },
  };
}
