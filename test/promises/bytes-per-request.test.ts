/**
 * What a request leaves for the garbage collector. The heap profiler is asked to look at each allocation, so it counts and
 * does not estimate; what Node allocates for our calls (strings, handles) counts as ours.
 */
import assert from 'node:assert/strict';
import type { HeapProfiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { atEnd } from '../support/at-end.js';
import { casesOf, hotFileOf, startWork, type WORKS } from '../support/node/hot-path-works.js';

/**
 * Bytes allocated by src/proxy, src/http1, src/access-log, src/proxy-protocol and src/metrics, with the access log on; a twentieth above what
 * Node 20 does.
 */
const MOST_BYTES: Readonly<Record<keyof typeof WORKS, number>> = {
  'a small GET on kept connections': 1_140,
  'a GET on a connection of its own': 2_480,
  'a POST of 1 KB': 4_420,
  'a message of 1 KB through a TCP slot': 10,
};

/** The same for a small GET, by the format of the access log. */
const MOST_BYTES_BY_FORMAT = { off: 860, httplog: 1_130, clf: 1_180, json: 1_130 };

/** Node 24 and 26 count for a function what V8 allocates in its stead, as pieces of a text: some 100 bytes of a request more. */
const MORE_BYTES = process.versions.node.startsWith('20.') ? 0 : 160;

const TIMES = 20;
/**
 * V8 allocates its feedback vector of a function after some calls, and which ones depends on the length of all that was
 * called. Within the measured ones they came to 760 or 1 320 bytes of a small GET, by one call more or less in a function.
 */
const WARM_TURNS = 20;
/** What V8 allocates once, as these, is there in one window of requests; what a request allocates is there in each. */
const WINDOWS = 3;

// Optimized code allocates less, and when it is optimized depends on the machine.
setFlagsFromString('--no-opt');

for (const { name, work, most: mostOfNode20, format } of casesOf(MOST_BYTES, MOST_BYTES_BY_FORMAT)) {
  const most = mostOfNode20 + MORE_BYTES;
  test(`${name} allocates at most ${most} bytes`, async (context) => {
    const doOnce = await startWork(context, work, format);
    const doTimes = async (): Promise<void> => {
      for (let time = 0; time < TIMES; time += 1) await doOnce();
    };
    for (let turn = 0; turn < WARM_TURNS; turn += 1) await doTimes();
    const session = new Session();
    session.connect();
    atEnd(context, () => session.disconnect());
    const windows: Allocations[] = [];
    for (let window = 0; window < WINDOWS; window += 1) windows.push(await measure(session, doTimes));
    const { each, table } = windows.reduce((least, window) => (window.each < least.each ? window : least));
    assert.ok(each > most / 2 || mostOfNode20 < 16, `allocations are counted at all:\n${table}`);
    assert.ok(each <= most, `${Math.round(each)} bytes:\n${table}`);
  });
}

interface Allocations {
  /** Bytes of each request. */
  readonly each: number;
  /** The same by file and function, most first. */
  readonly table: string;
}

async function measure(session: Session, doTimes: () => Promise<void>): Promise<Allocations> {
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await doTimes();
  const { profile } = await session.post('HeapProfiler.stopSampling');
  const allocated = new Map<string, number>();
  addAllocations(profile.head, allocated);
  const table = [...allocated]
    .sort(([, one], [, other]) => other - one)
    .map(([place, bytes]) => `  ${Math.round(bytes / TIMES)} ${place}`)
    .join('\n');
  return { each: [...allocated.values()].reduce((sum, bytes) => sum + bytes, 0) / TIMES, table };
}

function addAllocations(
  { callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode,
  into: Map<string, number>,
): void {
  const file = hotFileOf(callFrame.url);
  if (file !== null && selfSize > 0) {
    const place = `${file} ${callFrame.functionName}`;
    into.set(place, (into.get(place) ?? 0) + selfSize);
  }
  for (const child of children) addAllocations(child, into);
}
