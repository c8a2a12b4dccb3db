import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { atEnd, type Ending, temporaryFolder } from '../at-end.js';
import { spawnBound } from '../machine/bound-process.js';
import { holdsListener, isListening } from '../machine/processes.js';
import { haproxyOfVersion } from './haproxy-versions.js';

const DEFAULTS = `global
  nbthread 1
  maxconn 500
defaults
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  timeout check 1s
`;

interface Awaited {
  readonly host: string;
  readonly port: number;
}

export interface HaproxyStart {
  readonly program: string;
  readonly file: string;
  /** Where it listens when it is up. */
  readonly awaited: Awaited;
  /** For the program; -db when nothing is said: in the foreground, one process. */
  readonly flags?: readonly string[];
  /** In front of the command, to run it in another network; it becomes that command. */
  readonly network?: readonly string[];
}

/** Real HAProxy with these sections; resolves when it accepts at `awaited`. Stopped with the test. */
export async function startHaproxy(
  context: Ending,
  sections: string,
  awaited: Awaited,
  { program = haproxyOfVersion('2.6'), network = [] }: Partial<Pick<HaproxyStart, 'program' | 'network'>> = {},
): Promise<void> {
  const file = path.join(temporaryFolder(context, 'haproxy'), 'haproxy.cfg');
  await writeFile(file, DEFAULTS + sections);
  await runHaproxy(context, { program, file, awaited, network });
}

/** Runs HAProxy on a whole configuration, until the end of the test. */
export async function runHaproxy(context: Ending, start: HaproxyStart): Promise<ChildProcess> {
  const { program, file, awaited, flags = ['-db'], network = [] } = start;
  const child = spawnBound([...network, program, ...flags, '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  let hasExited = false;
  const exited = once(child, 'exit').then(() => {
    hasExited = true;
  });
  atEnd(context, async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const isUp = (): boolean | Promise<boolean> =>
    network.length === 0
      ? isListening(awaited.host, awaited.port)
      : child.pid !== undefined && holdsListener(child.pid, awaited.port);
  while (!(await isUp())) {
    if (hasExited) throw new Error(`haproxy ended; it said:\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return child;
}
