/** What the kernel says of processes and ports. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';

/** Whether a process of this id runs; one that ended and was not asked about yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Processes that it has started and that still run, of its main thread: as Node starts them. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Children, their children, and so on. */
export function descendantsOf(pid: number): readonly number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Ends the process at once, if it still is a program of ours: its id may have gone to another one. */
export function killProgram(pid: number, program: string): void {
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(program)) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Whether the kernel takes connections there; whether anybody accepts them is another question. */
export function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Whether the process holds a socket that listens on `port`, of IPv4; it may be in another network. */
export function holdsListener(pid: number, port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  // proc(5), net/tcp: local address, remote one and state come first (0A: it listens), the inode is the tenth.
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const listening = rows.filter(([, address, , state]) => address?.endsWith(local) === true && state === '0A');
  const targets = new Set(listening.map((row) => `socket:[${row[9]}]`));
  return readdirSync(`/proc/${pid}/fd`).some((name) => {
    try {
      return targets.has(readlinkSync(`/proc/${pid}/fd/${name}`));
    } catch {
      return false;
    }
  });
}
