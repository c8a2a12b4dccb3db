/** The first process of a machine of the test's own: the machine lives as long as it does. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { atEnd, type Ending } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from './bound-process.js';
import { startGuard } from './machine-guard.js';

interface FirstProcess {
  /** Makes the machine, and stays as the parent of its first process. */
  readonly command: readonly string[];
  /** Where the first process writes its id, as others see it, when the machine is there. */
  readonly idFile: string;
  /** The name below which its cgroups are. */
  readonly cgroup: string;
  /** Goes with the machine. */
  readonly folder: string;
  /** How the error begins when it cannot be made. */
  readonly failure: string;
}

/** @returns its id. It ends with the test, and takes all with it. */
export async function startFirstProcess(context: Ending, first: FirstProcess): Promise<number> {
  const { command, idFile, cgroup, folder, failure } = first;
  const holder = spawnBound([...command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  holder.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const isOver = once(holder, 'exit');
  atEnd(context, async () => {
    holder.kill('SIGKILL');
    await isOver;
  });
  await eventually('the machine is there', () => {
    if (holder.exitCode !== null) throw new Error(`${failure}: ${said.trim()}`);
    return existsSync(idFile) && readFileSync(idFile, 'latin1').endsWith('\n');
  });
  const pid = Number(readFileSync(idFile, 'latin1'));
  const sweep = startGuard(pid, cgroup, folder);
  atEnd(context, async () => {
    // Until its parent has taken in its end, the id is that of this process.
    if (holder.exitCode === null && holder.signalCode === null) process.kill(pid, 'SIGKILL');
    await sweep();
    await isOver;
  });
  return pid;
}
