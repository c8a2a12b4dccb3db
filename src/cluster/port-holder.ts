import { readdir, readFile, readlink } from 'node:fs/promises';
import { endianness } from 'node:os';
import { parseAddress } from '../core/networks.js';

const LISTEN = '0A';
/** Looking through all descriptors of a large machine is not worth more than this. */
const MAX_PROCESSES = 4_096;

interface ListeningEntry {
  readonly address: readonly number[];
  readonly inode: string;
}

/**
 * Who keeps us from listening on `address` and `port`, as `nginx (pid 123)`: from /proc/net/tcp and the descriptors that we
 * may read. A process that listens on the same port of another address does not keep us from it. null when unknown:
 * another user's process, another network namespace, a system other than Linux.
 */
export async function findPortHolder(address: string, port: number): Promise<string | null> {
  try {
    const wanted = parseAddress(address);
    if (wanted === null) return null;
    const entries = [...(await entriesOf('tcp', port)), ...(await entriesOf('tcp6', port))];
    const overlapping = entries.filter((entry) => doOverlap(wanted, entry.address));
    // A wildcard of IPv6 may be for IPv6 alone, which the table does not say; an equal address is certainly in the way.
    const exact = overlapping.filter((entry) => isEqual(wanted, entry.address));
    const inodes = new Set((exact.length > 0 ? exact : overlapping).map(({ inode }) => inode));
    return inodes.size === 0 ? null : await findOwner(inodes);
  } catch {
    return null;
  }
}

/**
 * Whether two sockets of one port are in each other's way: equal addresses; a wildcard and any address of its family; the
 * wildcard of IPv6 and any address, since it takes IPv4 too.
 */
function doOverlap(one: readonly number[], other: readonly number[]): boolean {
  if (isEqual(one, other)) return true;
  const takes = (wildcard: readonly number[], address: readonly number[]): boolean =>
    wildcard.every((byte) => byte === 0) && wildcard.length >= address.length;
  return takes(one, other) || takes(other, one);
}

function isEqual(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

async function entriesOf(table: string, port: number): Promise<ListeningEntry[]> {
  const text = await readFile(`/proc/net/${table}`, 'latin1').catch(() => '');
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && fields[1]?.endsWith(end))
    .map((fields) => ({ address: addressFrom(fields[1] ?? ''), inode: fields[9] ?? '' }));
}

/** `0100007F:1F90` is 127.0.0.1:8080: words of 32 bits, each in the order of the machine. */
function addressFrom(text: string): readonly number[] {
  const words = text.split(':')[0]?.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => {
    const word32 = Buffer.from(word, 'hex');
    return [...(endianness() === 'LE' ? word32.reverse() : word32)];
  });
  // One that is mapped is the IPv4 address.
  return bytes.length === 4 ? bytes : (parseAddress(textOf(bytes)) ?? bytes);
}

function textOf(bytes: readonly number[]): string {
  return bytes
    .map((byte, index) => byte.toString(16).padStart(2, '0') + (index % 2 === 1 && index < 15 ? ':' : ''))
    .join('');
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
