/**
 * Programs out of Debian's packages of any suite, fetched with apt's own tools and lists of one's own, and unpacked into
 * a cache: the machine is left as it was.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const CACHE = path.join(ROOT, '.cache');
const FETCH_TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 16 * 1_048_576;

/** Programs that belong together, unpacked into one tree. */
export interface DebianTree {
  /** Of its folder in the cache. */
  readonly name: string;
  readonly packageNames: readonly string[];
  /** The libraries that they depend on are brought too. */
  readonly withLibraries: boolean;
  readonly suite: string;
}

export interface DebianProgram {
  readonly packageName: string;
  readonly suite: string;
  /** Of the program, in the package. */
  readonly file: string;
  /** true: the suite is newer than the machine, so the program brings its libraries and their loader. */
  readonly hasOwnLibraries: boolean;
}

/** Where the program is when it was fetched: something that can be run, whatever it takes to run it. */
export function cachedProgram(program: DebianProgram): string {
  const wrapper = path.basename(program.file);
  return path.join(cachedTree(program), program.hasOwnLibraries ? wrapper : program.file);
}

/** @returns the path of the program. @throws Error with what apt or dpkg said */
export async function fetchDebianProgram(program: DebianProgram): Promise<string> {
  const { packageName, suite, hasOwnLibraries } = program;
  const name = path.basename(cachedTree(program));
  await fetchDebianTree({ name, packageNames: [packageName], withLibraries: hasOwnLibraries, suite }, (tree) =>
    hasOwnLibraries ? writeWrapper(program, tree) : Promise.resolve(),
  );
  return cachedProgram(program);
}

/** @returns null when it was not fetched yet */
export function cachedDebianTree({ name }: Pick<DebianTree, 'name'>): string | null {
  const tree = path.join(CACHE, name);
  return existsSync(tree) ? tree : null;
}

/**
 * @param complete what is to be done in the tree before it is there
 * @returns the folder that has their files, as they stand below /
 * @throws Error with what apt or dpkg said
 */
export async function fetchDebianTree(
  wanted: DebianTree,
  complete: (tree: string) => Promise<void> = async () => {},
): Promise<string> {
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(path.join(CACHE, `${wanted.name}-`));
  const cached = path.join(CACHE, wanted.name);
  try {
    const tree = path.join(work, 'tree');
    await unpack(wanted, work, tree);
    await complete(tree);
    // In one step, because others may be fetching too; the first to arrive is as good as any.
    await rename(tree, cached).catch((error: unknown) => {
      if (!existsSync(cached)) throw error;
    });
    return cached;
  } catch (error) {
    const { message, stderr } = error as Error & { readonly stderr?: string };
    throw new Error(stderr || message);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

export function isExecutable(file: string): boolean {
  return isAccessible(file, constants.X_OK);
}

function cachedTree({ packageName, suite }: DebianProgram): string {
  return path.join(CACHE, `${packageName}-${suite}`);
}

async function unpack({ packageNames, suite, withLibraries }: DebianTree, work: string, tree: string): Promise<void> {
  const folders = ['parts', 'lists/partial', 'archives/partial', 'tree'];
  for (const folder of folders) await mkdir(path.join(work, folder), { recursive: true });
  await writeFile(path.join(work, 'parts/suite.sources'), sourceOfSuite(suite));
  await writeFile(path.join(work, 'status'), '');
  const options = [
    ...['Dir::Etc::SourceList=/dev/null', `Dir::Etc::SourceParts=${work}/parts`],
    ...[`Dir::State::Lists=${work}/lists`, `Dir::State::status=${work}/status`, `Dir::Cache=${work}`],
    // Signatures are checked as ever; only the date up to which an old suite is "fresh" may have passed.
    'Acquire::Check-Valid-Until=false',
    // As root apt would read as another user, who may not enter the cache.
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ].flatMap((option) => ['-o', option]);
  const limits = { cwd: work, timeout: FETCH_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  await run('apt-get', ['-qq', ...options, 'update'], limits);
  const names = withLibraries ? await namesWithLibraries(packageNames, options) : packageNames;
  await run('apt-get', ['-qq', ...options, 'download', ...names], limits);
  const archives = readdirSync(work).filter((name) => name.endsWith('.deb'));
  if (archives.length < names.length) throw new Error(`the suite ${suite} lacks one of ${names.join(', ')}`);
  for (const archive of archives) await run('dpkg', ['-x', archive, tree], limits);
  // Documents of each library, with links to those of others.
  for (const name of ['doc', 'man', 'locale'])
    await rm(path.join(tree, 'usr/share', name), { recursive: true, force: true });
}

/** The packages and the libraries that they depend on; what is needed to install them only is passed over. */
async function namesWithLibraries(
  packageNames: readonly string[],
  options: readonly string[],
): Promise<readonly string[]> {
  const known = new Set(packageNames);
  for (let wanted = packageNames; wanted.length > 0; ) {
    const { stdout } = await run('apt-cache', [...options, 'depends', '--important', ...wanted], {
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    const libraries = [...stdout.matchAll(/^ [ |](?:Pre)?Depends: ((?:lib|zlib)\S+)$/gm)].map(([, name]) => name ?? '');
    wanted = [...new Set(libraries)].filter((name) => !known.has(name));
    for (const name of wanted) known.add(name);
  }
  return [...known];
}

/**
 * A script, because the program has to be started by the loader of its own suite. It gives its own path as argv[0]: a
 * program that starts itself again, as HAProxy's master does at a reload, comes through here again.
 */
async function writeWrapper({ file }: DebianProgram, tree: string): Promise<void> {
  // Debian's packages up to bookworm have a part of it outside of usr.
  const loader = readdirSync(tree, { recursive: true, encoding: 'utf8' }).find((name) =>
    /^(usr\/)?lib\/[^/]+\/ld-linux[^/]*\.so\.\d+$/.test(name),
  );
  if (loader === undefined) throw new Error('the C library of the suite has no loader where one is expected');
  const kind = path.basename(path.dirname(loader));
  const start = (root: string, ...more: string[]): readonly string[] => [
    ...[`${root}/${loader}`, ...more],
    ...['--library-path', `${root}/usr/lib/${kind}:${root}/lib/${kind}`, `${root}/${file}`],
  ];
  const [program = '', ...list] = start(tree, '--list');
  const { stdout } = await run(program, list);
  const missing = /^\s*(\S+) => not found$/m.exec(stdout)?.[1];
  if (missing !== undefined) throw new Error(`no package of the suite brought ${missing}`);
  const words = start('$here', '--argv0', '$self').map((word) => (word.includes('$') ? `"${word}"` : word));
  const lines = ['#!/bin/sh', 'self=$(readlink -f "$0")', 'here=$' + '{self%/*}', `exec ${words.join(' ')} "$@"`];
  await writeFile(path.join(tree, path.basename(file)), `${lines.join('\n')}\n`, { mode: 0o755 });
}

/** The machine's own source of its release, with another suite: the same mirror, the same keys. deb822 text. */
function sourceOfSuite(suite: string): string {
  const { uris, signedBy } = machineSource();
  const keys = signedBy === null ? '' : `Signed-By: ${signedBy}\n`;
  return `Types: deb\nURIs: ${uris}\nSuites: ${suite}\nComponents: main\n${keys}`;
}

/** `bookworm` */
export function machineRelease(): string {
  return /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
}

/** Where this machine has its own packages from. */
export function machineSource(): AptSource {
  const release = machineRelease();
  const source = aptSources().find(({ suites }) => suites.includes(release));
  if (source === undefined) throw new Error(`no source of apt names the release "${release}" of this machine`);
  return source;
}

interface AptSource {
  /** One, or several with blanks between. */
  readonly uris: string;
  readonly suites: readonly string[];
  readonly signedBy: string | null;
}

/** Both forms that apt reads: stanzas in *.sources, lines in *.list. */
function aptSources(): AptSource[] {
  const folder = '/etc/apt/sources.list.d';
  const parts = readdirSync(folder).map((name) => path.join(folder, name));
  return ['/etc/apt/sources.list', ...parts].filter(isReadable).flatMap((file) => {
    const text = readFileSync(file, 'utf8').replace(/^#.*\n/gm, '');
    return file.endsWith('.sources')
      ? text.split(/\n\s*\n/).flatMap(sourceFromStanza)
      : text.split('\n').flatMap(sourceFromLine);
  });
}

function sourceFromStanza(stanza: string): AptSource[] {
  const field = (name: string): string | null => new RegExp(`^${name}:[ \\t]*(\\S.*)$`, 'im').exec(stanza)?.[1] ?? null;
  const uris = field('URIs');
  if (uris === null || !/\bdeb\b/.test(field('Types') ?? '')) return [];
  return [{ uris, suites: (field('Suites') ?? '').split(/\s+/), signedBy: field('Signed-By') }];
}

function sourceFromLine(line: string): AptSource[] {
  const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s/.exec(`${line} `);
  if (match === null) return [];
  const signedBy = /signed-by=(\S+)/.exec(match[1] ?? '')?.[1] ?? null;
  return [{ uris: match[2] ?? '', suites: [match[3] ?? ''], signedBy }];
}

function isReadable(file: string): boolean {
  return isAccessible(file, constants.R_OK);
}

function isAccessible(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}
