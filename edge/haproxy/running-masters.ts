import { readdir } from 'node:fs/promises';
import { readWholeFile } from '../../src/core/whole-file.js';

const MAX_COMMAND_BYTES = 65_536;
const MAX_STAT_BYTES = 4_096;

/**
 * Process ids of the masters that were started with this socket, whether they answer there or not: one may still read its
 * configuration, and the socket of one may have been removed by somebody. Each was started as the leader of a session, as
 * its workers are not.
 */
export async function findMasters(masterSocket: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readWholeFile(`/proc/${name}/cmdline`, MAX_COMMAND_BYTES).catch(() => '');
    if (!command.split('\0').includes(`${masterSocket},level,admin`)) continue;
    const stat = await readWholeFile(`/proc/${name}/stat`, MAX_STAT_BYTES).catch(() => '');
    // proc(5): behind the name of the program come state, parent, group, session.
    const session = stat.replace(/^.*\)\s/s, '').split(' ')[3];
    if (session === name) found.push(Number(name));
  }
  return found;
}
