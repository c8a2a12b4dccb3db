/** A worker that hangs blanks nothing in a scrape, holds it up for a moment only, and no counter goes back when it goes on or is replaced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { CountedInstance, CountedTraffic } from '../support/traffic/counted-traffic.js';

/** A worker is waited for during a fifth of a second; the rest is for a busy machine, which holds up one scrape or another. */
const LONGEST_SCRAPE_MS = 1_000;
const SCRAPES = 3;
/** A worker is given up after five looks, a second each. Before that it has to go on, also on a busy machine, and after it another one starts. */
const STOPPED_MS = 2_000;
const DECIDED_MS = 40_000;
const REQUESTS = 400;
/** To the worker that does not hang. */
const OTHERS = 50;

type Series = ReadonlyMap<string, number>;

function seriesOf(text: string): Series {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** Of histograms the buckets too: no sample of a counter goes back. */
const IS_COUNTER = /_total(\{|$)|_bucket\{|_count(\{|$)/;

/** @param isOther a worker has another process, whose own figures begin with it */
function assertWhole(before: Series, now: Series, isOther = false): void {
  const missing = [...before.keys()].filter((name) => !now.has(name));
  assert.deepEqual(missing, [], 'each series is there');
  const isHeld = (name: string): boolean =>
    IS_COUNTER.test(name) && !(isOther && name.startsWith('autoproxy_process_'));
  const back = [...before].filter(([name, value]) => isHeld(name) && (now.get(name) ?? 0) < value);
  assert.deepEqual(back, [], 'no counter goes back');
}

for (const [fate, signal] of [
  ['goes on', 'SIGCONT'],
  ['is killed and replaced', undefined],
] as const) {
  test(`a worker that hangs and ${fate}`, async (context) => {
    const instance = await CountedInstance.start(context);
    const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), {
      '--workers': '2',
    });
    await node.untilState(({ workers }) => workers.length === 2 && workers.every(({ state }) => state === 'serving'));
    const [hung = 0] = await node.workerPids();
    const scrape = async (): Promise<Series> => seriesOf(await node.metrics());
    const requestsIn = (series: Series): number => series.get('autoproxy_requests_total{app="shop"}') ?? 0;

    // On connections that stay. On a busy machine one worker may have all of them.
    const traffic = new CountedTraffic(context, node.host, node.slot, 16);
    await traffic.ask(REQUESTS);
    let last = await scrape();
    /** A scrape that comes too early for a busy worker has what that one said before. */
    const untilCounted = (isSo: (requests: number) => boolean): Promise<void> =>
      eventually('the requests are counted', async () => {
        const now = await scrape();
        assertWhole(last, now);
        last = now;
        return isSo(requestsIn(now));
      });
    await untilCounted((requests) => requests === REQUESTS);
    process.kill(hung, 'SIGSTOP');
    const stoppedAt = performance.now();
    // Those of the hung worker get no answer until it goes on or is gone.
    const asked = traffic.ask(REQUESTS);
    // A stopped worker accepts nobody.
    const fresh = new CountedTraffic(context, node.host, node.slot, 4);
    await fresh.ask(OTHERS);
    const took: number[] = [];
    do {
      const beganAt = performance.now();
      const now = await scrape();
      took.push(performance.now() - beganAt);
      assertWhole(last, now);
      last = now;
    } while (took.length < SCRAPES && performance.now() - stoppedAt < STOPPED_MS);
    assert.ok(Math.min(...took) < LONGEST_SCRAPE_MS, `the scrapes took ${took.map(Math.round).join(', ')} ms`);
    assert.ok(requestsIn(last) >= REQUESTS + OTHERS, 'what the other worker counts is there');
    assert.ok(last.has('autoproxy_process_cpu_seconds_total{process="worker-0"}'));
    assert.ok(last.has('autoproxy_process_cpu_seconds_total{process="worker-1"}'));
    assert.ok((await node.workerPids()).includes(hung), 'nobody has replaced it yet');

    if (signal !== undefined) process.kill(hung, signal);
    await asked;
    const isDecided = (pids: readonly number[]): boolean => pids.includes(hung) === (signal !== undefined);
    await node.untilState(
      ({ workers }) =>
        isDecided(workers.map(({ pid }) => pid)) &&
        workers.length === 2 &&
        workers.every(({ state }) => state === 'serving'),
      DECIDED_MS,
    );
    // A new worker may have reported nothing yet, and has its series.
    for (let round = 0; round < SCRAPES; round += 1) {
      const now = await scrape();
      assertWhole(last, now, signal === undefined);
      last = now;
    }
    if (signal !== undefined) assert.equal(traffic.unanswered, 0);
    const before = requestsIn(last);
    await traffic.ask(REQUESTS);
    await untilCounted((requests) => requests >= before + REQUESTS);
    if (signal !== undefined) await untilCounted((requests) => requests === traffic.answered + fresh.answered);
  });
}
