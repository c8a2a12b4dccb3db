/** What the directory source asks the disk. */
import { constants } from 'node:fs';
import { lstat, open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isElsewhere } from '../../core/real-place.js';
import type { Refusal } from '../../core/refusal.js';
import { codeOf, reasonOf } from '../../core/thrown.js';
import { MAX_DOCUMENT_BYTES } from '../../documents/service-document.js';

/** A file as it is now, told apart from every other version of it without reading it. */
export interface FileStamp {
  readonly identity: string;
  readonly mtimeMs: number;
  /** Why it will not be read; null for a regular file of a sane size. */
  readonly refusal: FileRefusal | null;
}

export interface FileRefusal extends Refusal {
  /** The machine is short of something; the file is as it was. */
  readonly isPassing?: true;
}

export interface DirectoryStamp {
  /** Tells a directory from one that was made in its place, even on the same inode. */
  readonly identity: string;
  /** Of the last entry that came, went or was renamed. */
  readonly changedAtMs: number;
}

/** More would only wait for the four threads that Node has for files. */
export const FILES_AT_ONCE = 16;
/** Two writes within one tick of the file system's clock look the same; a file this young is read once more. */
export const CLOCK_TICK_MS = 100;

const PASSING_CODES = ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EIO'];

/** `*.yml` and `*.yaml`; not what editors and writers leave beside them (dot files, `x.yml~`, `#x.yml#`, `x.yml.tmp`). */
export function isServiceFileName(name: string): boolean {
  return /^[^.#].*\.ya?ml$/.test(name);
}

export async function stampDirectory(directory: string): Promise<DirectoryStamp> {
  const { dev, ino, birthtimeNs, mtimeNs } = await stat(directory, { bigint: true });
  return { identity: `${dev}:${ino}:${birthtimeNs}`, changedAtMs: Number(mtimeNs / 1_000n) / 1_000 };
}

/**
 * The names of the service files, sorted. A listing in which a rename happened may show a file under both of its names
 * or under none, so one during which the directory changed is taken again.
 */
export async function listServiceFiles(directory: string): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await stat(directory, { bigint: true });
    const names = await readdir(directory);
    const after = await stat(directory, { bigint: true });
    if (before.mtimeNs === after.mtimeNs || attempt === 3) return names.filter(isServiceFileName).sort();
  }
}

/** Follows symbolic links, so that a link that leads elsewhere is another version. @returns null when there is no file. */
export async function stampFile(file: string): Promise<FileStamp | null> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, ...kind } = await statBoth(file);
    return {
      identity: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`,
      mtimeMs,
      refusal: kind.isFile ? refusalOfSize(size) : kind.refusal,
    };
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !(await isLink(file))) return null;
    return { identity: codeOf(error), mtimeMs: 0, refusal: refusalOfError(error) };
  }
}

async function statBoth(file: string) {
  const found = await stat(file, { bigint: true });
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  const what = found.isDirectory() ? 'this is a directory' : 'this is not a regular file';
  return {
    ...{ dev, ino, size, mtimeNs, ctimeNs },
    mtimeMs: Number(mtimeNs / 1_000n) / 1_000,
    isFile: found.isFile(),
    refusal: { message: what, hint: 'only files are read here; move it away or give it another name' },
  };
}

export interface ServiceFile {
  readonly text: string;
  /** A link led out of the directory: who made the link may not be allowed to read it, so nothing of it is repeated. */
  readonly isElsewhere: boolean;
}

/** Reads a file that was found regular and small. @returns why it cannot be read, where it cannot. */
export async function readServiceFile(file: string): Promise<ServiceFile | FileRefusal> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    // A pipe that took the file's place a moment ago would else wait for a writer for ever.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return refusalOfError(error);
  }
  try {
    const { size } = await handle.stat();
    const refusal = refusalOfSize(BigInt(size));
    if (refusal !== null) return refusal;
    // Never more than was announced: if it grows meanwhile, its new time brings us back.
    const buffer = Buffer.alloc(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await handle.read(buffer, length, size - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const text = buffer.toString('utf8', 0, length);
    return { text, isElsewhere: isElsewhere(handle.fd, file, path.dirname(file)) };
  } catch (error) {
    return refusalOfError(error);
  } finally {
    await handle.close();
  }
}

/** For people: what a directory that cannot be read suffers from, and what to do. */
export function directoryFailure(directory: string, error: unknown): string {
  const reasons = new Map([
    ['ENOENT', 'this directory does not exist; create it, or name another with --services-dir'],
    ['ENOTDIR', 'this is not a directory; name one with --services-dir'],
    ['EACCES', 'permission denied; let the user that autoproxy runs as read and enter it'],
  ]);
  return `${path.resolve(directory)}: ${reasons.get(codeOf(error)) ?? reasonOf(error)}`;
}

/** Whether nothing of this name is there; a link that leads nowhere is something that somebody made. */
export async function isAbsent(directory: string): Promise<boolean> {
  return lstat(directory).then(
    () => false,
    (error: unknown) => codeOf(error) === 'ENOENT',
  );
}

/** Whether other files may be reached through this one: a directory or a symbolic link. */
export async function isWayThrough(file: string): Promise<boolean> {
  return lstat(file).then(
    (found) => found.isSymbolicLink() || found.isDirectory(),
    () => false,
  );
}

async function isLink(file: string): Promise<boolean> {
  return lstat(file).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

function refusalOfSize(size: bigint): FileRefusal | null {
  if (size <= MAX_DOCUMENT_BYTES) return null;
  // Without the size: each piece of a file that is being written would be another problem, and another line of the log.
  return {
    message: `it has more than the ${MAX_DOCUMENT_BYTES} bytes that are read`,
    hint: 'split it into several files',
  };
}

function refusalOfError(error: unknown): FileRefusal {
  if (PASSING_CODES.includes(codeOf(error)))
    return {
      message: `reading it failed: ${reasonOf(error)}`,
      hint: 'it is retried by itself',
      isPassing: true,
    };
  switch (codeOf(error)) {
    case 'ENOENT':
      return { message: 'this symbolic link leads nowhere', hint: 'make it lead to a file, or remove it' };
    case 'ELOOP':
      return { message: 'this symbolic link leads to itself', hint: 'make it lead to a file, or remove it' };
    case 'EACCES':
      return { message: 'permission denied', hint: 'let the user that autoproxy runs as read it' };
    default:
      return { message: `reading it failed: ${reasonOf(error)}`, hint: 'it is retried by itself' };
  }
}
