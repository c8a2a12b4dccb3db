/** A server at a path of the file system: who stands in the way, who may connect, and what is left behind. */
import { once } from 'node:events';
import type { Stats } from 'node:fs';
import { chmod, chown, lstat, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { MAX_SOCKET_PATH_BYTES } from '../core/socket-path.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { readWholeFile } from '../core/whole-file.js';
import { whyNotAnswered } from './socket-probe.js';

export interface UnixSocketPlace {
  readonly path: string;
  /** Permission bits; who may write may connect. */
  readonly mode: number;
  /** `USER`, `USER:GROUP` or `:GROUP`, names or numbers; null: who runs the node. */
  readonly owner: string | null;
  /** The option that named the path, for messages. */
  readonly option: string;
}

/** Only the owner may connect until the mode is set. */
const NOBODY_ELSE = 0o177;
const MAX_ACCOUNTS_BYTES = 16_777_216;

/** Resolves when it listens. @throws Error that says what to do */
export async function listenAt(server: Server, { path, mode, owner, option }: UnixSocketPlace): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    const said = `has ${bytes} bytes, and the path of a socket at most ${MAX_SOCKET_PATH_BYTES}`;
    throw new Error(`${path} ${said}: choose a shorter one with ${option}`);
  }
  await clearPath(path, option);
  const ids = owner === null ? null : await idsOf(owner, option);
  const before = process.umask(NOBODY_ELSE);
  try {
    // It binds at once, so the mask is in force for this socket alone.
    server.listen(path);
  } finally {
    process.umask(before);
  }
  try {
    await once(server, 'listening');
    if (ids !== null) await chown(path, ids.uid, ids.gid);
    await chmod(path, mode);
  } catch (error) {
    server.close();
    throw failure(path, option, await underlying(error, path));
  }
}

/** libuv says EACCES of a folder that is not there. */
async function underlying(error: unknown, path: string): Promise<unknown> {
  return stat(dirname(path)).then(
    () => error,
    (reason: unknown) => reason,
  );
}

/** A killed node leaves a socket without a listener. */
async function clearPath(path: string, option: string): Promise<void> {
  let found: Stats;
  try {
    found = await lstat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw failure(path, option, error);
  }
  if (found.isDirectory()) throw new Error(`${path} is a folder: name a socket in it with ${option} ${path}/NAME.sock`);
  if (!found.isSocket())
    throw new Error(`${path} exists and is not a socket: remove it, or choose another path with ${option}`);
  // Who may not connect cannot tell, and takes nobody's place.
  if (!['ECONNREFUSED', 'ENOENT'].includes((await whyNotAnswered(path)) ?? '')) {
    throw new Error(`another program listens at ${path}: stop that, or choose another path with ${option}`);
  }
  await rm(path, { force: true });
}

/** -1 changes nothing. */
async function idsOf(owner: string, option: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const [user = '', group = ''] = owner.split(':', 2);
  const uid = user === '' ? -1 : await idOf(user, '/etc/passwd', `user of ${option}`);
  const gid = group === '' ? -1 : await idOf(group, '/etc/group', `group of ${option}`);
  return { uid, gid };
}

async function idOf(name: string, file: string, what: string): Promise<number> {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  const text = await readWholeFile(file, MAX_ACCOUNTS_BYTES);
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}:`));
  const id = Number(line?.split(':')[2] ?? Number.NaN);
  if (Number.isInteger(id)) return id;
  throw new Error(`${name} is not in ${file}: write the name or the number of the ${what}`);
}

function failure(path: string, option: string, error: unknown): Error {
  const reasons = new Map([
    ['ENOENT', 'is in a folder that is not there: make it first'],
    ['ENOTDIR', 'is below a file, not a folder'],
    ['EACCES', 'may not be made by this user: give it the folder, or choose another one'],
    ['EPERM', 'may not be given to that owner by this user: only root may do that'],
    ['EROFS', 'is on a file system that nobody may write to'],
    ['EADDRINUSE', 'was taken by another program just now'],
  ]);
  const reason = reasons.get(codeOf(error)) ?? `cannot be listened at: ${reasonOf(error)}`;
  return new Error(`${path}, the socket of ${option}, ${reason}`, { cause: error });
}
