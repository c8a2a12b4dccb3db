/** Files that are replaced whole. Everything in src and edge that writes a file for a later start writes it here. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Replaces a file so that a reader, a crash and a power cut find either the old content or the new one, whole. The
 * content is on the disk before the rename puts it in place.
 *
 * The content is first written to a new file beside it, `.NAME.<random>.tmp`. That name can't be prepared by anybody who
 * may write in the directory, and `wx` (O_CREAT | O_EXCL) opens no file and follows no symbolic link that is there
 * already: else a link named `last-good.json.tmp` would let its maker overwrite any file that we may write.
 *
 * @param mode permission bits of the new file, less the umask; 0o600 for what only this program reads
 * @throws what the file system says (ENOSPC, EACCES, ...); the old file is then untouched
 */
export async function replaceFile(file: string, content: string, mode: number): Promise<void> {
  const temporary = path.join(path.dirname(file), `${temporaryPrefix(file)}${randomUUID()}.tmp`);
  try {
    await createFile(temporary, content, mode);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(path.dirname(file));
}

/**
 * Writes a file that is not there yet, its content on the disk when this resolves. Its name is on the disk once the
 * directory is synced too, which a folder of many files needs once.
 * @throws EEXIST when anything of that name is there, also a link
 */
export async function createFile(file: string, content: string, mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** It follows no link, does not wait for a pipe in the place of the file, and does not make a missing file. */
const APPENDED = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Appends to a file that is there; the lines are on the disk when this resolves. A crash or a full disk can leave a part
 * of them: the reader must be able to tell.
 * @throws ENOENT when the file is missing
 */
export async function appendLines(file: string, lines: string): Promise<void> {
  const handle = await open(file, APPENDED);
  try {
    await handle.writeFile(lines);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Removes what a writer of this file left behind when it was killed in the middle. Only while nobody writes it. */
export async function removeHalfWritten(file: string): Promise<void> {
  const directory = path.dirname(file);
  const prefix = temporaryPrefix(file);
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    if (name.startsWith(prefix) && name.endsWith('.tmp'))
      await rm(path.join(directory, name), { force: true }).catch(() => undefined);
  }
}

/** Names, links and renames live in the directory, not in the file. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Readers of directories pass over names that begin with a dot. */
function temporaryPrefix(file: string): string {
  return `.${path.basename(file)}.`;
}
