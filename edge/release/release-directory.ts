/**
 * Where releases are kept: each in a folder of its own, named by its content, and a link that says which one is current.
 *
 *   ROOT/releases/<id>/haproxy.cfg …      ROOT/current → releases/<id>      ROOT/applied: id that HAProxy is known to run
 *   ROOT/has-run: ids that HAProxy is known to have run, newest first
 *
 * HAProxy is started over `current/haproxy.cfg`, so each restart reads the release that was last switched to.
 */
import { chmod, mkdtemp, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { createFile, replaceFile, syncDirectory } from '../../src/core/durable-file.js';
import { makeDirectories } from '../../src/core/make-directories.js';
import { codeOf } from '../../src/core/thrown.js';
import { readWholeFile, UnreadableFile } from '../../src/core/whole-file.js';
import { CERTIFICATES_FOLDER, MAX_RELEASE_FILE_BYTES, type Release, releaseFromFiles } from './release.js';

const RELEASES = 'releases';
const CURRENT = 'current';
const APPLIED = 'applied';
const HAS_RUN = 'has-run';
/** So many can be gone back to by hand. */
const KEPT = 5;
const ID = /^[0-9a-f]{16}$/;
/** Of a few ids and the ends of their lines. */
const MAX_IDS_BYTES = 256;

export class ReleaseDirectory {
  readonly root: string;

  constructor(root: string) {
    this.root = path.resolve(root);
  }

  /** What HAProxy is started over. */
  get currentConfiguration(): string {
    return path.join(this.root, CURRENT, 'haproxy.cfg');
  }

  /** Where HAProxy writes to that `edge run` has started. */
  get outputFile(): string {
    return path.join(this.root, 'haproxy.err');
  }

  configurationOf(id: string): string {
    return path.join(this.folderOf(id), 'haproxy.cfg');
  }

  folderOf(id: string): string {
    return path.join(this.root, RELEASES, id);
  }

  /** Id of the release that is switched to; null when there is none. */
  async current(): Promise<string | null> {
    const target = await readlink(path.join(this.root, CURRENT)).catch(nullIfMissing);
    const id = target === null ? '' : path.basename(target);
    return ID.test(id) ? id : null;
  }

  /** Id of the release that HAProxy was last seen to run; null: not known. */
  async applied(): Promise<string | null> {
    return (await this.#readIds(APPLIED))[0] ?? null;
  }

  /** Ids of the releases that HAProxy is known to have run, newest first. An earlier version of this program noted one. */
  async hasRun(): Promise<readonly string[]> {
    const noted = await this.#readIds(HAS_RUN);
    return noted.length > 0 ? noted : this.#readIds(APPLIED);
  }

  /** @param id null: what it runs is not known, until the next time that it is */
  async noteApplied(id: string | null): Promise<void> {
    const file = path.join(this.root, APPLIED);
    if (id === null) {
      await rm(file, { force: true });
      return;
    }
    const before = await this.hasRun();
    const ids = [id, ...before.filter((other) => other !== id)].slice(0, KEPT);
    if (before[0] !== id) await replaceFile(path.join(this.root, HAS_RUN), `${ids.join('\n')}\n`, 0o644);
    await replaceFile(file, `${id}\n`, 0o644);
  }

  /**
   * A release as it stands there.
   * @returns null when it is not there, or is not what its name says: somebody changed it by hand, or a disk lost it
   */
  async read(id: string): Promise<Release | null> {
    const folder = this.folderOf(id);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(nullIfMissing);
    if (entries === null) return null;
    const files: (readonly [string, string])[] = [];
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      const content = await readWholeFile(file, MAX_RELEASE_FILE_BYTES).catch(nullIfForeign);
      if (content === null) return null;
      files.push([path.relative(folder, file), content]);
    }
    const release = releaseFromFiles(files);
    return release.id === id ? release : null;
  }

  /** Writes it whole, or not at all. What is there already is left as it is. */
  async write(release: Release): Promise<void> {
    if ((await this.read(release.id)) !== null) return;
    const parent = path.join(this.root, RELEASES);
    await makeDirectories(parent, 0o700);
    const aside = await mkdtemp(path.join(parent, '.new-'));
    try {
      const folders = new Set([aside]);
      for (const [name, content] of release.files) {
        const file = path.join(aside, name);
        folders.add(path.dirname(file));
        await makeDirectories(path.dirname(file), 0o700);
        await createFile(file, content, name.startsWith(CERTIFICATES_FOLDER) ? 0o600 : 0o644);
      }
      // Once each, not at each file: 16 files take 16 ms instead of 24.
      for (const folder of folders) await syncDirectory(folder);
      await chmod(aside, 0o700);
      // A broken one of the same name is in the way.
      await rm(this.folderOf(release.id), { recursive: true, force: true });
      await rename(aside, this.folderOf(release.id));
      await syncDirectory(parent);
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      throw error;
    }
  }

  /** From one moment to the next; a crash leaves the link as it was or as it will be. */
  async switchTo(id: string): Promise<void> {
    const aside = path.join(this.root, `.${CURRENT}.${process.pid}`);
    await rm(aside, { force: true });
    await symlink(path.join(RELEASES, id), aside);
    await rename(aside, path.join(this.root, CURRENT));
    await syncDirectory(this.root);
  }

  /** There is nothing to go back to. */
  async unlinkCurrent(): Promise<void> {
    await rm(path.join(this.root, CURRENT), { force: true });
  }

  async remove(id: string): Promise<void> {
    await rm(this.folderOf(id), { recursive: true, force: true });
  }

  /** Keeps the newest ones, those that HAProxy ran and those named; removes the rest, and what a crash left half written. */
  async prune(...needed: readonly (string | null)[]): Promise<void> {
    const parent = path.join(this.root, RELEASES);
    const names = await readdir(parent).catch(nullIfMissing);
    if (names === null) return;
    const aged = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(path.join(parent, name))).mtimeMs })),
    );
    const releases = aged.filter(({ name }) => ID.test(name)).sort((one, other) => other.at - one.at);
    const kept = new Set([...releases.slice(0, KEPT).map(({ name }) => name), ...(await this.hasRun()), ...needed]);
    for (const name of names) if (!kept.has(name)) await rm(path.join(parent, name), { recursive: true, force: true });
  }

  async #readIds(name: string): Promise<readonly string[]> {
    const text = await readWholeFile(path.join(this.root, name), MAX_IDS_BYTES).catch(nullIfForeign);
    return (text ?? '').split('\n').filter((id) => ID.test(id));
  }
}

/** Nothing that this program wrote. */
function nullIfForeign(error: unknown): null {
  return error instanceof UnreadableFile ? null : nullIfMissing(error);
}

function nullIfMissing(error: unknown): null {
  if (['ENOENT', 'ENOTDIR', 'EINVAL'].includes(codeOf(error))) return null;
  throw error;
}
