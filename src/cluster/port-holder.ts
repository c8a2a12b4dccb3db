import { readdir, readFile, readlink } from 'node:fs/promises';

const LISTEN = '0A';
/** Looking through all descriptors of a large machine is not worth more than this. */
const MAX_PROCESSES = 4_096;

/**
 * Who listens on `port`, as `nginx (pid 123)`: from /proc/net/tcp and the descriptors that we may read. null when it can
 * not be told: another user's process, another network namespace, no Linux.
 */
export async function findPortHolder(port: number): Promise<string | null> {
  try {
    const inodes = new Set([...(await inodesOf('tcp', port)), ...(await inodesOf('tcp6', port))]);
    return inodes.size === 0 ? null : await findOwner(inodes);
  } catch {
    return null;
  }
}

async function inodesOf(table: string, port: number): Promise<string[]> {
  const text = await readFile(`/proc/net/${table}`, 'latin1').catch(() => '');
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && fields[1]?.endsWith(end))
    .map((fields) => fields[9] ?? '');
}

async function findOwner(inodes: ReadonlySet<string>): Promise<string | null> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).slice(0, MAX_PROCESSES);
  for (const pid of pids) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return `${name.trim() || 'a process'} (pid ${pid})`;
    }
  }
  return null;
}
