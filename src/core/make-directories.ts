import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from './thrown.js';

/**
 * As `mkdir -p`, with the reason of the system when it fails: that of Node 20 says ENOENT where a disk is mounted for reading
 * alone.
 * @throws what the file system says (EROFS, EACCES, ENOSPC, EEXIST for a file in the way, ...)
 */
export async function makeDirectories(directory: string, mode = 0o777): Promise<void> {
  if (await makeOne(directory, mode)) return;
  const parent = path.dirname(directory);
  if (parent !== directory) await makeDirectories(parent, mode);
  // A file system that takes no directories, such as /proc, says again that something is missing.
  if (!(await makeOne(directory, mode))) await mkdir(directory, mode);
}

/** @returns false: the directory that it is to be in is missing */
async function makeOne(directory: string, mode: number): Promise<boolean> {
  try {
    await mkdir(directory, mode);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return false;
    if (code !== 'EEXIST' || !(await stat(directory)).isDirectory()) throw error;
  }
  return true;
}
