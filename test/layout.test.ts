/**
 * The house as a test: who may import whom and why, which built-ins stand where, names, sizes, the top level.
 * Imports of types count too: a type drags its reasons along. To change an arrow, change its line and its reason in
 * support/import-arrows.ts.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ARROWS } from './support/import-arrows.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface BuiltinRule {
  readonly modules: readonly string[];
  readonly allowed: readonly string[];
  readonly why: string;
}

const CLUSTER_SOCKETS = ['listening-socket', 'handle-channel', 'state-claim'].map((name) => `src/cluster/${name}.ts`);

const BUILTINS: readonly BuiltinRule[] = [
  {
    modules: ['net', 'tls', 'dgram'],
    allowed: [
      'src/proxy/',
      'src/health/',
      'src/admin/',
      'src/access-log/targets/',
      ...CLUSTER_SOCKETS,
      'edge/haproxy/',
      'edge/run/edge-claim.ts',
      'edge/certificates/public-roots.ts',
    ],
    why:
      'sockets belong to those who serve, probe, answer operators and send logs; one file binds those that workers share, two hold ' +
      'the lock of the state directory and pass sockets over it, and one folder speaks to HAProxy over its own; the ' +
      'public roots are a list in node:tls',
  },
  {
    modules: ['child_process', 'cluster'],
    allowed: [
      ...['src/cluster/', 'src/cli/demo/', 'src/docker/credential-program.ts', 'src/systemd/', 'edge/'],
      'src/access-log/targets/logger.ts',
    ],
    why:
      'one place forks workers; the demo starts nodes as a person does, the edge supervises HAProxy, one file asks the ' +
      'programs that keep the passwords of docker login, one runs systemd-notify, and one runs logger, which has the ' +
      'sockets that Node cannot open',
  },
  {
    modules: ['http', 'https', 'core/node-http.js'],
    allowed: ['src/core/node-http.ts', 'src/admin/', 'src/cli/demo/', 'src/consul/connection.ts'],
    why:
      "the hot path has its own codec, clients use undici; the admin API and the demo's instances are servers; the client " +
      'of that API starts with each health check, and undici takes 70 ms to load; the Consul client takes an agent of it',
  },
];

/** Its own package, files of the kernel, and the demo, whose pool of connections has a limit. */
const READING_WHOLE = [
  'src/cli/main.ts',
  'src/core/program-version.ts',
  'src/cli/registry-options.ts',
  'src/cluster/port-holder.ts',
  'src/cli/demo/traffic.ts',
];

const EXITING = ['src/primary.ts', 'src/worker.ts', 'src/cli/'];

const BANNED = ['manager', 'helper', 'helpers', 'util', 'utils', 'data', 'info', 'misc'];
/** Decided words that hold a banned one. */
const DECIDED = /data-?plane/gi;

/** Lines of a file of src and edge. */
const MAX_LINES = 300;
/** Lines of a file of test and bench: a table of cases is long and still one thing. */
const MAX_TEST_LINES = 400;

const TOP_LEVEL = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'biome.json',
  'Dockerfile',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'docs',
  'src',
  'edge',
  'bench',
  'test',
  'examples',
  // Made by npm and tsc, never committed.
  'node_modules',
  'dist',
];

interface SourceFile {
  /** From the root, with `/`. */
  readonly name: string;
  readonly text: string;
}

/** Folders that are not there yet hold nothing. */
function readSources(...folders: readonly string[]): SourceFile[] {
  return folders
    .filter((folder) => existsSync(path.join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .sort()
        .map((name) => ({ name: `${folder}/${name}`, text: readFileSync(path.join(ROOT, folder, name), 'utf8') })),
    );
}

const planes = readSources('src', 'edge');
const bench = readSources('bench');
const tests = readSources('test');
const support = tests.filter(({ name }) => name.startsWith('test/support/') && !name.endsWith('.test.ts'));
const everything = [...planes, ...tests, ...bench];

/** Static, dynamic and type imports, and re-exports. */
function importsOf(text: string): string[] {
  const pattern = /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*'([^']+)'|\bimport\s*\(\s*'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}

/** `src/proxy/balance/random.ts` → `proxy/balance/random.ts`; what stands in edge/ keeps its folder. */
function placeOf(name: string): string {
  return name.replace(/^src\//, '');
}

/**
 * A folder of src, or a file with a row of its own; in proxy, sources and bench, whose parts have arrows too, and in
 * test/support, a folder of it.
 */
function areaOf(place: string): string {
  if (ARROWS[place] !== undefined) return place;
  const [first = place, second = '', third = ''] = place.split('/');
  if (place.startsWith('test/support/')) return third.endsWith('.ts') ? 'test/support' : `test/support/${third}`;
  return ['proxy', 'sources', 'bench'].includes(first) && second !== '' && !second.endsWith('.ts')
    ? `${first}/${second}`
    : first;
}

function placeImported(importer: string, specifier: string): string {
  return placeOf(path.posix.join(path.posix.dirname(importer), specifier).replace(/\.js$/, '.ts'));
}

function isBench(area: string): boolean {
  return area === 'bench' || area.startsWith('bench/');
}

function wordsOf(name: string): string[] {
  return name
    .replace(DECIDED, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

function reject(found: readonly string[], rule: string): void {
  assert.deepEqual(found, [], `${rule}\n  ${found.join('\n  ')}\n`);
}

test('imports go along the arrows', () => {
  const found: string[] = [];
  for (const { name, text } of [...planes, ...bench, ...support]) {
    const from = areaOf(placeOf(name));
    const arrows = ARROWS[from];
    if (arrows === undefined) {
      found.push(`${name}: ${from} has no arrows yet: add a line with its reason to support/import-arrows.ts`);
      continue;
    }
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith('.')) continue;
      const to = placeImported(name, specifier);
      const isAllowed = areaOf(to) === from || arrows.to.some((allowed) => allowed === to || allowed === areaOf(to));
      if (!isAllowed)
        found.push(
          `${name} imports ${to}: ${from} may import ${arrows.to.join(', ') || 'nothing'}, because ${arrows.why}`,
        );
    }
  }
  reject(found, 'imports against the arrows:');
});

test('each row and each arrow names a folder or a file that is there', () => {
  const places = [...Object.keys(ARROWS), ...Object.values(ARROWS).flatMap(({ to }) => to)];
  const isThere = (place: string) =>
    existsSync(path.join(ROOT, /^(?:edge|bench|test)\b/.test(place) ? place : `src/${place}`));
  reject(
    [...new Set(places)].filter((place) => !isThere(place)),
    'names in the table of arrows that stand for nothing:',
  );
});

test('each arrow is used', () => {
  const used = new Set<string>();
  for (const { name, text } of [...planes, ...bench, ...support]) {
    for (const specifier of importsOf(text).filter((one) => one.startsWith('.'))) {
      const to = placeImported(name, specifier);
      used.add(`${areaOf(placeOf(name))} → ${to}`).add(`${areaOf(placeOf(name))} → ${areaOf(to)}`);
    }
  }
  const arrows = Object.entries(ARROWS).flatMap(([from, { to }]) => to.map((one) => `${from} → ${one}`));
  reject(
    arrows.filter((arrow) => !used.has(arrow)),
    'permissions that nobody uses (take them away):',
  );
});

test('only the tests of bench import bench', () => {
  const found = [...planes, ...tests]
    .filter(({ name }) => !name.startsWith('test/bench/'))
    .flatMap(({ name, text }) =>
      importsOf(text)
        .filter((one) => one.startsWith('.') && isBench(areaOf(placeImported(name, one))))
        .map((one) => `${name} imports ${placeImported(name, one)}`),
    );
  reject(found, 'imports of bench (what tests need too stands in test/support):');
});

/** The folders of bench know what stands beside them, as commands do; circles.test.ts holds their files apart. */
test('the table of arrows has no circle', () => {
  const areas = (name: string) =>
    (ARROWS[name]?.to ?? []).map(areaOf).filter((to) => to !== name && !(isBench(name) && isBench(to)));
  const visit = (name: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(name), `circle: ${[...trail, name].join(' → ')}`);
    for (const next of areas(name)) visit(next, [...trail, name]);
  };
  for (const name of Object.keys(ARROWS)) visit(name, []);
});

test('sockets, processes and servers stand in their places', () => {
  const found: string[] = [];
  for (const { name, text } of planes) {
    for (const specifier of importsOf(text)) {
      const rule = BUILTINS.find(({ modules }) => modules.includes(specifier.replace(/^node:|^(?:\.\.?\/)+/, '')));
      if (rule === undefined || rule.allowed.some((place) => name.startsWith(place))) continue;
      found.push(`${name} imports ${specifier}, which stands in ${rule.allowed.join(', ')} only: ${rule.why}`);
    }
  }
  reject(found, 'built-ins out of place:');
});

test('node:http is imported for its types alone', () => {
  const found = planes.filter(({ text }) => /^import (?!type )[^;]*'node:http';/m.test(text)).map(({ name }) => name);
  reject(found, 'each import of a value loads more than all else (take it from core/node-http.ts):');
});

test('files and bodies are read whole up to a limit, in one place', () => {
  const found = planes
    .filter(
      ({ name, text }) =>
        !READING_WHOLE.includes(name) &&
        /(?<!#)\breadFile(Sync)?\b|\bbody\.(text|json|arrayBuffer|bytes|blob)\(/.test(text),
    )
    .map(({ name }) => name);
  reject(
    found,
    'reading without a limit (use readWholeFile of core/whole-file.ts, GatheredBytes for what comes in pieces):',
  );
});

test('only roots and commands end the process', () => {
  const found = planes
    .filter(
      ({ name, text }) =>
        /\bprocess\.(exit|abort|reallyExit)\b/.test(text) && !EXITING.some((place) => name.startsWith(place)),
    )
    .map(({ name }) => name);
  reject(found, `process.exit outside ${EXITING.join(', ')}; throw, or return an exit code:`);
});

/** `'w'`, `writeFile` without the exclusive flag, and streams open what is there already, through a symbolic link too. */
const OPENS_WHAT_IS_THERE = /\bopen\([^()]*,\s*'[wa]\+?'|\bcreateWriteStream\(|\bwriteFile(?:Sync)?\((?![^;]*'wx')/;

test('files are written by core/durable-file.ts, or made anew', () => {
  const found = planes
    .filter(({ name, text }) => name !== 'src/core/durable-file.ts' && OPENS_WHAT_IS_THERE.test(text))
    .map(({ name }) => name);
  reject(
    found,
    'writers that follow links and leave half a file after a crash (use replaceFile of core/durable-file.ts):',
  );
});

test('files have kebab-case names, two folder levels, and no index but the public one', () => {
  const found = everything
    .map(({ name }) => name)
    .filter((name) => {
      const parts = name.split('/');
      const isKebab = parts.every((part) => /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?(\.ts)?$/.test(part));
      const isBarrel = parts.at(-1) === 'index.ts' && name !== 'src/index.ts';
      return !isKebab || isBarrel || parts.length > 4;
    });
  reject(found, 'file names (lower case with dashes, at most two folders deep, no barrels):');
});

test('no name says manager, helper, util, data, info or misc, and no function handles or processes', () => {
  const found: string[] = [];
  for (const { name, text } of everything) {
    const declared = [
      ...text.matchAll(/\b(?:function\*?|class|interface|const|let|type(?=\s+\w+[^;'"{,]*=))\s+([A-Za-z_$][\w$]*)/g),
    ];
    for (const word of [name, ...declared.map((match) => match[1] ?? '')]) {
      const words = wordsOf(word.replace(/^.*\//, '').replace(/\.ts$/, ''));
      const banned = words.find((part) => BANNED.includes(part));
      if (banned !== undefined) found.push(`${name}: ${word} says "${banned}"; say what it is`);
    }
    for (const match of text.matchAll(/\b(?:function\*?\s+|#)((?:handle|process)[A-Z]\w*)\s*\(/g)) {
      found.push(`${name}: ${match[1]}; say what it does (events are onX)`);
    }
  }
  reject(found, 'names that say nothing:');
});

const THROWN = /\binstanceof Error \? \w+\.message|\bas Error\)\.message|\bas NodeJS\.ErrnoException\)?[.;]/;

test('tests undo in one way', () => {
  const found = everything
    .filter(({ name, text }) => name !== 'test/support/at-end.ts' && /\.after\(/.test(text))
    .map(({ name }) => name);
  reject(found, 'hooks of the runner, which go first to last and stop at a failure (use atEnd of support/at-end.ts):');
});

test('what was thrown is read in one way', () => {
  const found = everything
    .filter(({ name, text }) => name !== 'src/core/thrown.ts' && /^(?:src|edge)\//.test(name) && THROWN.test(text))
    .map(({ name }) => name);
  reject(
    found,
    'other spellings of the message or the code of what was thrown (use reasonOf and codeOf of core/thrown.ts):',
  );
});

test('nothing is exported by default', () => {
  const found = everything.filter(({ text }) => /^export default\b/m.test(text)).map(({ name }) => name);
  reject(found, 'default exports (each importer would name it anew):');
});

test(`no file of src and edge is longer than ${MAX_LINES} lines, no other one than ${MAX_TEST_LINES}`, () => {
  const found: string[] = [];
  for (const { name, text } of everything) {
    const lines = text.split('\n').length - 1;
    const limit = /^(?:src|edge)\//.test(name) ? MAX_LINES : MAX_TEST_LINES;
    if (lines > limit) found.push(`${name}: ${lines} lines, limit ${limit}`);
  }
  reject(found, 'files that are too long; part them where a second concept begins:');
});

test('the top level stays small', () => {
  const found = readdirSync(ROOT).filter((name) => !name.startsWith('.') && !TOP_LEVEL.includes(name));
  reject(found, 'entries at the top level that have no place there:');
});
