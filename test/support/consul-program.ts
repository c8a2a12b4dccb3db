/**
 * The real Consul: CONSUL_BIN, a consul on the PATH, or Debian's, which only the suite bullseye has (1.8). That one is
 * fetched with apt's own tools and lists of one's own, and unpacked into a cache: the machine is left as it was.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const SUITE = 'bullseye';
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CACHE = path.join(ROOT, '.cache');
const CACHED_TREE = path.join(CACHE, `consul-${SUITE}`);
const CACHED_PROGRAM = path.join(CACHED_TREE, 'usr/bin/consul');
const FETCH_TIMEOUT_MS = 300_000;

/** @returns the path of the program, or null when there is none yet. @throws Error when CONSUL_BIN is no program */
export function findConsul(env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env.CONSUL_BIN;
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Error(`CONSUL_BIN is ${named}, which is no program that can be run`);
  }
  const onPath = (env.PATH ?? '').split(':').map((folder) => path.join(folder, 'consul'));
  return [...onPath, CACHED_PROGRAM].find(isExecutable) ?? null;
}

/** Finds the program or fetches it. @throws Error that says what is missing and what to do */
export async function prepareConsul(): Promise<string> {
  const found = findConsul();
  if (found !== null) return found;
  try {
    await fetchFromDebian();
  } catch (error) {
    const { message, stderr } = error as Error & { readonly stderr?: string };
    throw new Error(
      `missing: consul, and Debian's could not be fetched: ${stderr || message}\n` +
        'Put a consul on the PATH, or name one: CONSUL_BIN=/path/to/consul',
    );
  }
  return CACHED_PROGRAM;
}

async function fetchFromDebian(): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(path.join(CACHE, 'consul-'));
  try {
    const folders = ['parts', 'lists/partial', 'archives/partial', 'tree'];
    for (const folder of folders) await mkdir(path.join(work, folder), { recursive: true });
    await writeFile(path.join(work, 'parts/suite.sources'), sourceOfSuite(SUITE));
    const options = [
      ...['Dir::Etc::SourceList=/dev/null', `Dir::Etc::SourceParts=${work}/parts`],
      ...[`Dir::State::Lists=${work}/lists`, `Dir::Cache=${work}`],
      // Signatures are checked as ever; only the date up to which an old suite is "fresh" may have passed.
      'Acquire::Check-Valid-Until=false',
      // As root apt would read as another user, who may not enter the cache.
      ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
    ].flatMap((option) => ['-o', option]);
    const limits = { cwd: work, timeout: FETCH_TIMEOUT_MS, maxBuffer: 16 * 1_048_576 };
    await run('apt-get', ['-qq', ...options, 'update'], limits);
    await run('apt-get', ['-qq', ...options, 'download', 'consul'], limits);
    const archive = readdirSync(work).find((name) => name.startsWith('consul_') && name.endsWith('.deb'));
    if (archive === undefined) throw new Error(`the suite ${SUITE} has no package consul`);
    await run('dpkg', ['-x', archive, 'tree'], limits);
    // In one step, because others may be fetching too; the first to arrive is as good as any.
    await rename(path.join(work, 'tree'), CACHED_TREE).catch((error: unknown) => {
      if (!isExecutable(CACHED_PROGRAM)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The machine's own source of its release, with another suite: the same mirror, the same keys. deb822 text. */
function sourceOfSuite(suite: string): string {
  const release = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
  for (const { uris, suites, signedBy } of aptSources()) {
    if (!suites.includes(release)) continue;
    const keys = signedBy === null ? '' : `Signed-By: ${signedBy}\n`;
    return `Types: deb\nURIs: ${uris}\nSuites: ${suite}\nComponents: main\n${keys}`;
  }
  throw new Error(`no source of apt names the release "${release}" of this machine`);
}

interface AptSource {
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

function isExecutable(file: string): boolean {
  return isAccessible(file, constants.X_OK);
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
