/** A worker that hangs blanks nothing in a scrape, holds it up for a moment only, and no counter goes back when it goes on or is replaced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { CountedInstance, CountedTraffic } from '../support/traffic/counted-traffic.js';

/** A worker is waited for during a fifth of a second; the rest is for a busy machine. */
const LONGEST_SCRAPE_MS = 1_500;
const REQUESTS = 400;

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

for (const [fate, signal, patienceMs] of [
  ['goes on', 'SIGCONT', undefined],
  ['is killed and replaced', undefined, 15_000],
] as const) {
  test(`a worker that hangs and ${fate}`, async (context) => {
    const instance = await CountedInstance.start(context);
    const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), {
      '--workers': '2',
    });
    await node.untilState(({ workers }) => workers.length === 2 && workers.every(({ state }) => state === 'serving'));
    const [hung = 0] = await node.workerPids();
    const scrape = async (): Promise<Series> => {
      const beganAt = performance.now();
      const series = seriesOf(await node.metrics());
      const tookMs = performance.now() - beganAt;
      assert.ok(tookMs < LONGEST_SCRAPE_MS, `a scrape took ${Math.round(tookMs)} ms`);
      return series;
    };
    const requestsIn = (series: Series): number => series.get('autoproxy_requests_total{app="shop"}') ?? 0;

    // On connections that stay, so that the worker that does not hang has some of them.
    const traffic = new CountedTraffic(context, node.host, node.slot, 16);
    await traffic.ask(REQUESTS);
    let last = await scrape();
    assert.equal(requestsIn(last), REQUESTS);
    process.kill(hung, 'SIGSTOP');
    // Those of the hung worker get no answer until it goes on or is gone.
    const asked = traffic.ask(REQUESTS);
    await eventually('the other worker has served', () => traffic.answered >= REQUESTS + 50);
    const hungAt = performance.now();
    for (let round = 0; round < 3; round += 1) {
      const now = await scrape();
      assertWhole(last, now);
      last = now;
    }
    assert.ok(requestsIn(last) >= REQUESTS + 50, 'what the other worker counts is there');
    assert.ok(last.has('autoproxy_process_cpu_seconds_total{process="worker-0"}'));
    assert.ok(last.has('autoproxy_process_cpu_seconds_total{process="worker-1"}'));
    assert.equal(last.get('autoproxy_workers{state="serving"}'), 2, 'nobody has replaced it yet');
    assert.ok(performance.now() - hungAt < 4_000, 'it was not killed meanwhile');

    if (signal !== undefined) process.kill(hung, signal);
    await asked;
    const isGone = async (): Promise<boolean> => !(await node.workerPids()).includes(hung);
    await eventually('its fate is decided', async () => (await isGone()) === (signal === undefined), patienceMs);
    await node.untilState(({ workers }) => workers.length === 2 && workers.every(({ state }) => state === 'serving'));
    // A new worker tells it with its first report.
    const delay = 'autoproxy_process_event_loop_delay_seconds_count{process="worker-0"}';
    await eventually('the delay of its event loop is known', async () => (await scrape()).has(delay));
    for (let round = 0; round < 3; round += 1) {
      const now = await scrape();
      assertWhole(last, now, signal === undefined);
      last = now;
    }
    if (signal !== undefined) assert.equal(traffic.unanswered, 0);
    await traffic.ask(REQUESTS);
    const now = await scrape();
    assertWhole(last, now);
    assert.ok(requestsIn(now) >= requestsIn(last) + REQUESTS);
    if (signal !== undefined) assert.equal(requestsIn(now), traffic.answered);
  });
}
