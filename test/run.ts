/**
 * `npm test`: prepares the real components, then runs Node's own test runner over the compiled tests.
 *
 * Arguments filter by path: `npm test -- http1 layout`; each file then has a process of its own. Without arguments small
 * files share processes (together.ts). With AUTOPROXY_TEST_STRICT=1 a skipped or todo test fails the run, so that a
 * machine that lacks something cannot look like one where all is well.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { QUICK_CLIENTS } from './compat/clients/all.js';
import { install } from './compat/installable.js';
import { QUICK_SERVERS } from './compat/servers/all.js';
import { parted, spread } from './order.js';
import { prepareConsul } from './support/consul/consul-program.js';
import { prepareCompose } from './support/docker/docker-compose.js';
import { prepareDocker } from './support/docker/docker-engine.js';
import { prepareHaproxys } from './support/edge/haproxy-versions.js';
import { prepareComponents } from './support/machine/components.js';
import { preparePrometheus } from './support/machine/prometheus.js';
import { groupsOf, writeGroup } from './together.js';

const COMPILED = path.dirname(fileURLToPath(import.meta.url));
/** Two images built beside other tests took 190 s on a slow machine. */
const FILE_TIMEOUT_MS = 600_000;
/**
 * Five on two cores: the longest of them wait for other programs most of the time, and no more than two or three of those run at
 * once (order.ts).
 */
const FILES_PER_CORE = 2.5;
/** More files at once than this would disturb each other, also where there are more cores. */
const MAX_CONCURRENCY = 5;

/** The part of the runner's events that is read here. */
interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly file?: string;
    readonly message?: string;
    readonly skip?: string | boolean;
    readonly todo?: string | boolean;
  };
}

/** @returns paths below `dist/test` */
function findTests(filters: readonly string[]): string[] {
  return readdirSync(COMPILED, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(plainFilter(filter))));
}

/** What the runner starts, a process each, in this order. @param folder for the programs of groups */
function programsOf(names: readonly string[], folder: string): readonly string[] {
  const { groups, alone } = filters.length === 0 ? groupsOf(names) : { groups: [], alone: names };
  const { longest, long, rest } = parted(alone);
  const placesOf = (list: readonly string[]): readonly string[] => list.map((name) => path.join(COMPILED, name));
  const shared = groups.map((group) => writeGroup(group, COMPILED, folder));
  return spread(placesOf(longest), [...placesOf(long), ...shared, ...placesOf(rest)]);
}

/** `test/http1/chunked.test.ts` and `dist/test/http1/chunked.test.js` mean the same file as `http1/chunked`. */
function plainFilter(filter: string): string {
  return filter.replace(/^(\.\/)?(dist\/)?test\//, '').replace(/\.ts$/, '.js');
}

/** Passes all events on, and says before the runner's summary which tests did not run, so that the summary stays last. */
async function* nameUnrun(events: AsyncIterable<TestEvent>, isStrict: boolean): AsyncGenerator<TestEvent> {
  const unrun: string[] = [];
  for await (const event of events) {
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      const line = unrunLine(event.data);
      if (line !== null) unrun.push(line);
      if (event.type === 'test:fail' && line === null) process.exitCode = 1;
    }
    const isSummary = event.type === 'test:diagnostic' && /^tests \d+$/.test(event.data.message ?? '');
    if (isSummary && unrun.length > 0) {
      if (isStrict) process.exitCode = 1;
      const title = isStrict ? 'Every test has to run here, and these did not:' : 'Not run:';
      yield { type: 'test:stdout', data: { message: `\n${title}\n  ${unrun.splice(0).join('\n  ')}\n\n` } };
    }
    yield event;
  }
}

function unrunLine({ name, file, skip, todo }: TestEvent['data']): string | null {
  const word = skip !== undefined ? 'skipped' : todo !== undefined ? 'todo' : null;
  if (word === null) return null;
  const place = file === undefined ? '' : `${path.relative(COMPILED, file)}: `;
  const reason = [skip, todo].find((part) => typeof part === 'string' && part !== '');
  return `${word}: ${place}${name}${reason === undefined ? '' : ` (${reason})`}`;
}

const isStrict = process.env.AUTOPROXY_TEST_STRICT === '1';
const filters = process.argv.slice(2);
const names = findTests(filters);
if (names.length === 0) {
  console.error(`No test file matches ${filters.join(' ')}: a filter is a part of a path below test/.`);
  process.exit(1);
}
try {
  await prepareComponents();
  await prepareConsul();
  await prepareHaproxys();
  await prepareDocker();
  await preparePrometheus();
  await prepareCompose();
  if (names.some((name) => name.startsWith('compat/'))) {
    await install([...QUICK_SERVERS, ...QUICK_CLIENTS]);
  }
} catch (error) {
  console.error((error as Error).message);
  if (isStrict) process.exit(1);
  console.error('Going on without; the tests that need them will say so.\n');
}
const concurrency = Math.min(MAX_CONCURRENCY, Math.ceil(FILES_PER_CORE * availableParallelism()));
const folder = mkdtempSync(path.join(tmpdir(), 'autoproxy-tests-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const files = programsOf(names, folder);
const events = run({ files, concurrency, timeout: FILE_TIMEOUT_MS }) as AsyncIterable<TestEvent>;
await pipeline(Readable.from(nameUnrun(events, isStrict)), new spec(), process.stdout, { end: false });
