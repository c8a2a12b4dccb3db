/** A release in a folder of one's own choice. The folder that HAProxy runs from is kept by `edge apply`. */
import { chmod, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { CERTIFICATES_FOLDER, MAX_RELEASE_FILE_BYTES, type Release } from '../../../edge/release/release.js';
import { replaceFile } from '../../core/durable-file.js';
import { makeDirectories } from '../../core/make-directories.js';
import { codeOf, reasonOf } from '../../core/thrown.js';
import { readWholeFile } from '../../core/whole-file.js';
import { CommandFailure } from '../exit-codes.js';

const MAIN_FILE = 'haproxy.cfg';
const FOLDERS = ['certs', 'errors', 'lists', 'maps'];

/** Each file is there old or new, whole; haproxy.cfg comes last. What an earlier release left in its folders goes. */
export async function writeReleaseFiles(folder: string, release: Release): Promise<void> {
  try {
    await refuseForeign(folder, release);
    const names = [...release.files.keys()].filter((name) => name !== MAIN_FILE);
    for (const name of [...names, MAIN_FILE]) await writeReleaseFile(folder, name, release.files.get(name) ?? '');
    await removeStale(folder, release);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(`${folder}: ${reasonOf(error)}`, 'name a folder that can be written: --out DIR');
  }
}

async function writeReleaseFile(folder: string, name: string, content: string): Promise<void> {
  const isSecret = name.startsWith(CERTIFICATES_FOLDER);
  const file = path.join(folder, name);
  const parent = path.dirname(file);
  await makeDirectories(parent);
  if (isSecret) await chmod(parent, 0o700);
  await replaceFile(file, content, isSecret ? 0o600 : 0o644);
}

/** Nothing is written among files of somebody else's. */
async function refuseForeign(folder: string, { files }: Release): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  if (names.length === 0) return;
  const main = await readWholeFile(path.join(folder, MAIN_FILE), MAX_RELEASE_FILE_BYTES).catch(() => '');
  const header = (files.get(MAIN_FILE) ?? '').split('\n', 1)[0] ?? '';
  if (!main.startsWith(header))
    throw new CommandFailure(
      `${folder}: the folder has files that are not a release`,
      'name an empty folder: --out DIR',
    );
}

async function removeStale(folder: string, { files }: Release): Promise<void> {
  for (const part of FOLDERS) {
    const inside = path.join(folder, part);
    await makeDirectories(inside);
    for (const entry of await readdir(inside, { recursive: true, withFileTypes: true })) {
      const name = path.relative(folder, path.join(entry.parentPath, entry.name));
      if (entry.isFile() && !files.has(name)) await rm(path.join(folder, name), { force: true });
    }
  }
}
