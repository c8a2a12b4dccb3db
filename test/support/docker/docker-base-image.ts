/**
 * The base of our images where no registry of images is asked: this machine's release of Debian, with this Node and its
 * npm, reaching packages as this machine reaches them. Made once, by debootstrap, and kept in the cache.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  cachedDebianTree,
  type DebianTree,
  fetchDebianTree,
  machineRelease,
  machineSource,
} from '../machine/debian-package.js';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../../../../.cache', import.meta.url));
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
const TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 16 * 1_048_576;

/** A tar of a root file system, and what `docker import --change` is to be told of it. */
export interface BaseImage {
  readonly archive: string;
  readonly changes: readonly string[];
}

/** @returns null when it was not made yet */
export function findBaseImage(): BaseImage | null {
  const archive = archiveFile();
  return existsSync(archive) ? { archive, changes: changes() } : null;
}

/** Finds or makes it. @throws Error with what debootstrap said */
export async function prepareBaseImage(): Promise<BaseImage> {
  const found = findBaseImage();
  if (found !== null) return found;
  const bootstrap = debootstrap();
  const tree = cachedDebianTree(bootstrap) ?? (await fetchDebianTree(bootstrap));
  const work = await mkdtemp(path.join(tmpdir(), 'autoproxy-base-'));
  try {
    const root = path.join(work, 'root');
    const mirror = machineSource().uris.split(/\s+/)[0] ?? '';
    const parts = ['--variant=minbase', '--include=ca-certificates,libstdc++6', machineRelease(), root, mirror];
    const env = { ...process.env, DEBOOTSTRAP_DIR: path.join(tree, 'usr/share/debootstrap') };
    const limits = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    await run(path.join(tree, 'usr/sbin/debootstrap'), parts, { ...limits, env });
    await run('chroot', [root, 'useradd', '--create-home', 'node'], limits);
    putNode(root);
    if (existsSync(AUTHORITIES)) copyFileSync(AUTHORITIES, path.join(root, AUTHORITIES));
    const archive = path.join(work, 'base.tar');
    await run('tar', ['-C', root, '--exclude=./var/cache/apt/*', '-cf', archive, '.'], limits);
    // In one step, because others may be making it too.
    await copyFile(archive, `${archiveFile()}.${process.pid}`);
    await rename(`${archiveFile()}.${process.pid}`, archiveFile());
    return { archive: archiveFile(), changes: changes() };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function debootstrap(): DebianTree {
  const suite = machineRelease();
  return { name: `debootstrap-${suite}`, packageNames: ['debootstrap'], withLibraries: false, suite };
}

function archiveFile(): string {
  return path.join(CACHE, `docker-base-${machineRelease()}-node-${process.version}.tar`);
}

/** Where this machine trusts authorities of its own, the image has to as well. */
function changes(): readonly string[] {
  return existsSync(AUTHORITIES) ? [`ENV NODE_EXTRA_CA_CERTS=${AUTHORITIES} NPM_CONFIG_CAFILE=${AUTHORITIES}`] : [];
}

function putNode(root: string): void {
  const npm = path.resolve(npmProgram(), '../..');
  copyFileSync(process.execPath, path.join(root, 'usr/local/bin/node'));
  const modules = path.join(root, 'usr/local/lib/node_modules');
  mkdirSync(modules, { recursive: true });
  cpSync(npm, path.join(modules, 'npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(root, 'usr/local/bin/npm'));
}

/** Beside Node, wherever its links lead. */
function npmProgram(): string {
  const folders = [path.dirname(process.execPath), ...(process.env.PATH ?? '').split(':')];
  const link = folders.map((folder) => path.join(folder, 'npm')).find((file) => existsSync(file));
  if (link === undefined) throw new Error('there is no npm on the PATH');
  return realpathSync(link);
}
