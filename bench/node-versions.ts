/** The Nodes that the node is measured on, beside that which runs the benchmark: the binaries of npm's packages, in the cache. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
/** The supported release lines above the oldest one. */
export const NEWER_NODES = [24, 26] as const;
const INSTALL_TIMEOUT_MS = 300_000;
const PACKAGE = `node-${process.platform}-${process.arch}`;

/** @returns the program, or null when it was not fetched yet: `npm run bench:setup` */
export function nodeOfLine(major: number): string | null {
  const program = path.join(folderOf(major), 'node_modules', PACKAGE, 'bin/node');
  return existsSync(program) ? program : null;
}

/** @throws Error with what npm said */
export async function prepareNodes(): Promise<void> {
  for (const major of NEWER_NODES) {
    if (nodeOfLine(major) !== null) continue;
    console.log(`Fetching Node ${major} …`);
    const folder = folderOf(major);
    mkdirSync(folder, { recursive: true });
    const flags = ['--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts', '--loglevel=error'];
    await promisify(execFile)('npm', ['install', ...flags, `${PACKAGE}@${major}`], { timeout: INSTALL_TIMEOUT_MS });
  }
}

function folderOf(major: number): string {
  return path.join(CACHE, `node-${major}`);
}
