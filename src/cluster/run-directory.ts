import { openSync } from 'node:fs';
import { chmod, lstat } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectories } from '../core/make-directories.js';

const SOCKET_NAME = 'primary.sock';
/** What a unix socket's address has room for, less its end (unix(7)). */
const MAX_ADDRESS_BYTES = 107;
/** Permissions of everybody but the owner. */
const OTHERS = 0o077;

/** The folder, in the state directory, of what belongs to the run of a node. */
export function runDirectoryOf(stateDirectory: string): string {
  return path.join(path.resolve(stateDirectory), 'run');
}

/** Makes it where it is missing. @throws Error when it is not ours alone */
export async function prepareRunDirectory(directory: string): Promise<void> {
  await makeDirectories(directory, 0o700);
  const { uid, mode } = await folderOf(directory);
  if (uid !== process.getuid?.()) throw new Error(`${directory} is not a folder, or belongs to another user`);
  if ((mode & OTHERS) !== 0) await chmod(directory, 0o700);
}

/**
 * Whether only this user may put something into the folder: a process that listens there is given listening sockets. The
 * superuser, who may do everything, counts as this user.
 */
export async function isOursAlone(directory: string): Promise<boolean> {
  const { uid, mode } = await folderOf(directory);
  return uid === process.getuid?.() && (mode & OTHERS) === 0;
}

/** A link is not a folder. */
async function folderOf(directory: string): Promise<{ readonly uid: number | null; readonly mode: number }> {
  const found = await lstat(directory).catch(() => null);
  return found?.isDirectory() === true ? found : { uid: null, mode: 0 };
}

/** The socket at which the primary can be found; the path is for messages and files beside it. */
export function primarySocketOf(directory: string): { readonly path: string; readonly address: string } {
  const file = path.join(directory, SOCKET_NAME);
  if (Buffer.byteLength(file) <= MAX_ADDRESS_BYTES) return { path: file, address: file };
  // A longer path is reached through a descriptor of its folder, which stays open as long as the process.
  let descriptor = openFolders.get(directory);
  descriptor ??= openSync(directory, 'r');
  openFolders.set(directory, descriptor);
  return { path: file, address: `/proc/self/fd/${descriptor}/${SOCKET_NAME}` };
}

const openFolders = new Map<string, number>();
