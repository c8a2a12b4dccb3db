/** HAProxy's processes as the kernel shows them (proc(5)): also those that do not answer. */
import { readdir } from 'node:fs/promises';
import { readWholeFile } from '../../src/core/whole-file.js';

const MAX_COMMAND_BYTES = 65_536;
const MAX_STAT_BYTES = 4_096;

export interface ProcessFacts {
  readonly parent: number;
  readonly session: number;
  /** One letter: R runs, S sleeps, D waits for a device, T was stopped by a signal, t is held by a debugger, Z has ended. */
  readonly state: string;
  /** Clock ticks that it has run, all threads together. */
  readonly ticks: number;
}

/** @returns null: there is no such process, or it may not be seen */
export async function factsOf(pid: number): Promise<ProcessFacts | null> {
  const stat = await readWholeFile(`/proc/${pid}/stat`, MAX_STAT_BYTES).catch(() => '');
  // The name of the program may have blanks and brackets.
  const fields = stat.replace(/^.*\)\s/s, '').split(' ');
  const [state = '', parent, , session] = fields;
  if (session === undefined) return null;
  return {
    parent: Number(parent),
    session: Number(session),
    state,
    ticks: Number(fields[11]) + Number(fields[12]),
  };
}

/**
 * Process ids of the masters that were started with this socket, whether they answer there or not: one may still read its
 * configuration, and the socket of one may have been removed by somebody. Each was started as the leader of a session, as
 * its workers are not.
 */
export async function findMasters(masterSocket: string): Promise<readonly number[]> {
  const found = await findProcesses(masterSocket);
  return found.filter(([pid, { session }]) => session === pid).map(([pid]) => pid);
}

/** Workers whose master has ended: each ends too, but one that a signal or a debugger stopped, and that keeps its ports. */
export async function findStoppedOrphans(masterSocket: string): Promise<readonly number[]> {
  const orphans: number[] = [];
  for (const [pid, { session, state }] of await findProcesses(masterSocket)) {
    if (session === pid || state.toUpperCase() !== 'T') continue;
    const leader = await factsOf(session);
    if (leader === null || leader.state === 'Z') orphans.push(pid);
  }
  return orphans;
}

/** Its workers. */
export async function findChildren(masterPid: number): Promise<readonly number[]> {
  const children: number[] = [];
  for (const name of await readdir('/proc')) {
    if (/^\d+$/.test(name) && (await factsOf(Number(name)))?.parent === masterPid) children.push(Number(name));
  }
  return children;
}

/** Master and workers have the same arguments. */
async function findProcesses(masterSocket: string): Promise<readonly (readonly [number, ProcessFacts])[]> {
  const found: [number, ProcessFacts][] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readWholeFile(`/proc/${name}/cmdline`, MAX_COMMAND_BYTES).catch(() => '');
    if (!command.split('\0').includes(`${masterSocket},level,admin`)) continue;
    const facts = await factsOf(Number(name));
    if (facts !== null) found.push([Number(name), facts]);
  }
  return found;
}

/** @returns false when there is no such process any more, or it is somebody else's */
export function sendSignal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
