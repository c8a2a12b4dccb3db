/** The last step of the build: puts all that the page needs into one folder, with imports that a browser can follow. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWholeFile } from '../../core/whole-file.js';
import { SHARED_FILE, VENDOR_FILES, withFileImports } from './vendor.js';

const COMPILED = fileURLToPath(new URL('../browser', import.meta.url));
const PAGE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const SOURCES = path.join(ROOT, 'src/admin/browser');
const ASSETS = path.join(COMPILED, 'assets');
const MAX_FILE_BYTES = 1_048_576;

async function write(name: string, text: string): Promise<void> {
  // A name that a module and a package share would replace one by the other.
  await writeFile(path.join(ASSETS, name), text, { flag: 'wx' });
}

await mkdir(ASSETS);
for (const name of (await readdir(COMPILED)).filter((one) => one.endsWith('.js'))) {
  await write(name, withFileImports(await readWholeFile(path.join(COMPILED, name), MAX_FILE_BYTES), name));
}
await write(
  SHARED_FILE,
  withFileImports(await readWholeFile(path.join(PAGE, SHARED_FILE), MAX_FILE_BYTES), SHARED_FILE),
);
for (const name of (await readdir(SOURCES)).filter((one) => /\.(html|css|svg)$/.test(one))) {
  await write(name, await readWholeFile(path.join(SOURCES, name), MAX_FILE_BYTES));
}
for (const { file, name } of VENDOR_FILES) {
  const text = await readWholeFile(path.join(ROOT, 'node_modules', file), MAX_FILE_BYTES);
  await write(name, name.endsWith('.js') ? withFileImports(text, file) : text);
}
