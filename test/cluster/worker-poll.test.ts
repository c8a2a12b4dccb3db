/** Each second all workers are asked once, whoever else looks at the counters; one that does not answer is killed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterBooks } from '../../src/cluster/counter-books.js';
import { WorkerPoll } from '../../src/cluster/worker-poll.js';
import { createKeyedObject } from '../../src/core/keyed-object.js';
import { silentLog } from '../../src/core/log.js';
import { createSlotCounters } from '../../src/metrics/counters.js';
import { FakeClock } from '../support/fake-clock.js';

class PolledWorker {
  readonly index = 0;
  readonly pid = 1;
  phase: 'serving' | 'draining' = 'serving';
  unanswered = 0;
  /** When it was asked. */
  readonly asked: number[] = [];
  isKilled = false;
  /** null: it does not answer. */
  answersInMs: number | null = 0;
  hasStarted = true;
  onAsked = (): void => {};
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  askCounters(deadlineMs: number): Promise<void> {
    this.asked.push(this.#clock.now());
    this.onAsked();
    return new Promise((resolve) => {
      this.#clock.setTimer(Math.min(this.answersInMs ?? deadlineMs, deadlineMs), () => {
        if (this.answersInMs !== null) this.unanswered = 0;
        resolve();
      });
    });
  }

  killHung(): void {
    this.isKilled = true;
  }
}

class Polled {
  readonly clock = new FakeClock();
  readonly worker = new PolledWorker(this.clock);
  readonly poll: WorkerPoll;
  /** When a second ended. */
  readonly seconds: number[] = [];
  readonly #beganAt = this.clock.now();

  constructor() {
    const books = new CounterBooks(this.clock, silentLog);
    books.onSecond(() => this.seconds.push(this.clock.now() - this.#beganAt));
    this.poll = new WorkerPoll([this.worker], books, this.clock, silentLog);
    this.poll.start();
  }

  get asked(): readonly number[] {
    return this.worker.asked.map((at) => at - this.#beganAt);
  }

  /** Looks at the end of each `everyMs`, so many times. */
  async looks(everyMs: number, times: number): Promise<void> {
    for (let look = 0; look < times; look += 1) {
      await this.clock.advance(everyMs);
      void this.poll.look();
    }
    await this.clock.advance(0);
  }
}

test('without looks the workers are asked each second', async () => {
  const polled = new Polled();
  await polled.clock.advance(3_500);
  assert.deepEqual(polled.asked, [1_000, 2_000, 3_000]);
  assert.deepEqual(polled.seconds, polled.asked);
  assert.deepEqual(polled.clock.waits(), [500]);
});

test('a look each second is the poll, also when the first came right after one, and when it comes early or late', async () => {
  const polled = new Polled();
  await polled.clock.advance(1_000);
  await polled.looks(1, 1);
  await polled.looks(1_000, 2);
  await polled.looks(1_150, 1);
  await polled.looks(900, 1);
  const seconds = [1_000, 2_000, 3_001, 4_151, 5_051];
  assert.deepEqual(polled.seconds, seconds);
  assert.deepEqual(polled.asked, [1_000, 1_001, 2_000, 2_001, ...seconds.slice(2)]);
});

test('however often one looks, a second ends about each second', async () => {
  const polled = new Polled();
  await polled.looks(10, 1_000);
  const gaps = polled.seconds.map((at, index) => at - (polled.seconds[index - 1] ?? 0));
  assert.deepEqual(new Set(gaps), new Set([10, 900]));
  assert.equal(polled.asked.length, 1_000);
});

test('when looks end, the timer goes on', async () => {
  const polled = new Polled();
  await polled.looks(500, 1);
  await polled.clock.advance(3_200);
  assert.deepEqual(polled.seconds, [500, 1_700, 2_700, 3_700]);
});

test('a look waits 200 ms for a worker that hangs, and looks do not hasten its end', async () => {
  const polled = new Polled();
  polled.worker.answersInMs = null;
  const beganAt = polled.clock.now();
  while (!polled.worker.isKilled) {
    const lookedAt = polled.clock.now();
    const took = polled.poll.look().then(() => polled.clock.now() - lookedAt);
    await polled.clock.advance(200);
    if (!polled.worker.isKilled) assert.equal(await took, 200);
  }
  const livedMs = polled.clock.now() - beganAt;
  assert.ok(livedMs >= 5 * 900 && livedMs <= 6_000, `${livedMs} ms`);
});

test('a worker that hangs is killed within eight seconds, however far apart the looks are', async () => {
  for (let everyMs = 50; everyMs <= 5_000; everyMs += 50) {
    const polled = new Polled();
    await polled.looks(everyMs, Math.ceil(5_000 / everyMs));
    polled.worker.answersInMs = null;
    const hangsFrom = polled.clock.now();
    for (let ms = 0; !polled.worker.isKilled; ms += 50) {
      if (ms % everyMs === 0) void polled.poll.look();
      await polled.clock.advance(50);
    }
    const livedMs = polled.clock.now() - hangsFrom;
    assert.ok(livedMs >= 5 * 900 && livedMs <= 8_000, `${livedMs} ms, with a look each ${everyMs} ms`);
  }
});

test('a worker is killed after five polls without an answer, one that loads its code after ten', async () => {
  for (const [hasStarted, polls] of [
    [true, 5],
    [false, 10],
  ] as const) {
    const polled = new Polled();
    Object.assign(polled.worker, { hasStarted, answersInMs: null });
    await polled.clock.advance(polls * 1_000);
    assert.deepEqual([polled.worker.unanswered, polled.worker.isKilled], [polls, false]);
    await polled.clock.advance(1_000);
    assert.equal(polled.worker.isKilled, true);
  }
});

test('a worker that answers now and then lives, and so does one that drains', async () => {
  const polled = new Polled();
  for (let time = 0; time < 4; time += 1) {
    polled.worker.answersInMs = null;
    await polled.clock.advance(4_000);
    polled.worker.answersInMs = 0;
    await polled.clock.advance(1_000);
  }
  polled.worker.answersInMs = null;
  polled.worker.phase = 'draining';
  await polled.clock.advance(20_000);
  assert.equal(polled.worker.isKilled, false);
});

test('the rate of a worker that serves is right while another one hangs, with looks and without', async () => {
  for (const lookEveryMs of [null, 130, 1_490]) {
    const clock = new FakeClock();
    const books = new CounterBooks<object>(clock, silentLog);
    const rates: number[] = [];
    const beganAt = clock.now();
    let before = { at: beganAt, requests: 0 };
    books.onSecond(({ at, counters }) => {
      const requests = counters.slots.shop?.requests ?? 0;
      rates.push(Math.round((requests - before.requests) / ((at - before.at) / 1_000)));
      before = { at, requests };
    });
    const [serving, other] = [new PolledWorker(clock), new PolledWorker(clock)];
    serving.onAsked = () => {
      const counters = { ...createSlotCounters(), requests: (clock.now() - beganAt) / 10 };
      books.record(serving, { slots: createKeyedObject([['shop', counters]]) });
    };
    const poll = new WorkerPoll([serving, other], books, clock, silentLog);
    poll.start();
    const mostPerSecond = (): number => {
      const { slots } = books.sum();
      return books.traffic.of('shop', slots.shop ?? createSlotCounters(), clock.now(), 0).requests.mostPerSecond;
    };
    for (let step = 1; step <= 800; step += 1) {
      other.answersInMs = step > 234 && step < 677 ? null : 0;
      await clock.advance(10);
      if (lookEveryMs !== null && (step * 10) % lookEveryMs === 0) void poll.look();
      assert.ok(mostPerSecond() <= 101, `${mostPerSecond()} in a second, at ${step * 10} ms`);
    }
    assert.deepEqual([new Set(rates), rates.length >= 5, other.isKilled], [new Set([100]), true, false]);
  }
});

test('after the stop a look still asks, and nothing is polled', async () => {
  const polled = new Polled();
  polled.poll.stop();
  await polled.looks(2_000, 2);
  assert.deepEqual([polled.asked, polled.seconds], [[2_000, 4_000], []]);
  assert.deepEqual(polled.clock.waits(), []);
});
