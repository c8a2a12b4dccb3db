/** Two machines for a test: network namespaces with a wire between them, each with two addresses on it. They need root. */
import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { atEnd } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from './bound-process.js';

const run = promisify(execFile);

export interface Machine {
  /** What its traffic leaves from unless somebody binds another one. */
  readonly primary: string;
  readonly secondary: string;
  /** In front of a command that is to run on it; it becomes that command. */
  readonly prefix: readonly string[];
  /** Runs a command on it, to its end. @returns its standard output */
  run(...command: readonly string[]): Promise<string>;
}

/** Why such machines can't be made here; false where they can. */
export const LACKS_NETWORKS: string | false = process.getuid?.() === 0 ? false : 'network namespaces need root';

/** The namespaces live in two sleeping processes and are gone with them, however the test ends. */
export async function startTwoMachines(context: TestContext): Promise<readonly [Machine, Machine]> {
  const [a, b] = [await startNamespace(context), await startNamespace(context)];
  await run('ip', ['link', 'add', 'wire', 'netns', String(a), 'type', 'veth', 'peer', 'name', 'wire', 'netns', `${b}`]);
  return [await settle(a, 1), await settle(b, 2)];
}

/** @returns the process that holds it */
async function startNamespace(context: TestContext): Promise<number> {
  const holder = spawnBound(['unshare', '--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  atEnd(context, () => holder.kill('SIGKILL'));
  const pid = holder.pid ?? 0;
  const own = readlinkSync('/proc/self/ns/net');
  await eventually('the namespace is there', () => readlinkSync(`/proc/${pid}/ns/net`) !== own);
  return pid;
}

async function settle(pid: number, number: number): Promise<Machine> {
  const prefix = ['nsenter', `--net=/proc/${pid}/ns/net`];
  const machine: Machine = {
    primary: `10.90.0.${number}`,
    secondary: `10.90.0.${10 + number}`,
    prefix,
    async run(...command) {
      const [program = '', ...rest] = [...prefix, ...command];
      return (await run(program, rest)).stdout;
    },
  };
  await machine.run('ip', 'link', 'set', 'lo', 'up');
  for (const address of [machine.primary, machine.secondary]) {
    await machine.run('ip', 'address', 'add', `${address}/24`, 'dev', 'wire');
  }
  await machine.run('ip', 'link', 'set', 'wire', 'up');
  return machine;
}
