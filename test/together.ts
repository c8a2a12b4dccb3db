/**
 * Small test files share a process: to start one, and to load what nearly all of them import, takes 0.18 s of processor
 * time, more than the tests of most of these files. The others take longer, or need a process that has done nothing yet.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { LONGEST } from './order.js';

/** Their tests change nothing of their process, and take a second or two a file. */
const FOLDERS = [
  'admin',
  'bench',
  'cli',
  'config',
  'control',
  'core',
  'docker',
  'documents',
  'edge/certificates',
  'edge/routes',
  'edge/sections',
  'edge/site',
  'edge/syntax',
  'health',
  'http1',
  'metrics',
  'model',
  'neighbors',
  'placement',
  'proxy',
  'proxy-protocol',
  'regex',
  'registrar',
  'report',
  'sources',
  'state',
];
/** The same, but a file takes five seconds or so: it starts nodes, or a Consul. */
const SLOWER_FOLDERS = ['attacks', 'cluster', 'consul', 'e2e', 'registry'];
/** They take half a minute, or look at what their process holds. */
const ALONE = [...LONGEST, 'docker/real-engine', 'attacks/gone-unread', 'consul/endless-answers'];
/** So few that a group takes seconds, and that it is known soon where a process has ended. */
const FILES_A_GROUP = 12;
const SLOWER_FILES_A_GROUP = 4;

/** Files that run in one process, one after the other. */
export interface FileGroup {
  /** Of the folder, with a number: `state-1`. */
  readonly name: string;
  /** Below `dist/test`. */
  readonly files: readonly string[];
}

/** @param names below `dist/test` @returns each of them once */
export function groupsOf(names: readonly string[]): {
  readonly groups: readonly FileGroup[];
  readonly alone: readonly string[];
} {
  const groups: FileGroup[] = [];
  const alone = new Set(names);
  for (const folder of [...SLOWER_FOLDERS, ...FOLDERS]) {
    const size = SLOWER_FOLDERS.includes(folder) ? SLOWER_FILES_A_GROUP : FILES_A_GROUP;
    const files = names.filter((name) => name.startsWith(folder + path.sep) && !ALONE.includes(plainName(name)));
    for (const name of files) alone.delete(name);
    for (let from = 0; from < files.length; from += size)
      groups.push({ name: `${folder.replace('/', '-')}-${groups.length}`, files: files.slice(from, from + size) });
  }
  return { groups, alone: [...alone] };
}

/** Writes the program that runs a group. @returns its file */
export function writeGroup({ name, files }: FileGroup, compiled: string, folder: string): string {
  const file = path.join(folder, `${name}.mjs`);
  const imports = files.map(
    (each) => `await import(${JSON.stringify(pathToFileURL(path.join(compiled, each)).href)});`,
  );
  // A test may begin within its own call, while what stands below it in its file is not there yet.
  const gate = [
    "import { test } from 'node:test';",
    'let open;',
    'const loaded = new Promise((resolve) => { open = resolve; });',
    `test(${JSON.stringify(`the files of ${name} are loaded`)}, () => loaded);`,
  ];
  writeFileSync(file, `${[...gate, ...imports, 'open();'].join('\n')}\n`);
  return file;
}

function plainName(name: string): string {
  return name.replace(/\.test\.js$/, '');
}
