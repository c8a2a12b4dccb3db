/** What the book makes of the recorded orders of events, of signals, and of inspections that overlap with events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../../src/docker/container.js';
import { ContainerBook } from '../../src/docker/container-book.js';
import type { EngineEvent } from '../../src/docker/events.js';
import { FakeClock } from '../support/fake-clock.js';
import { A_SECOND_LATER, type FactsOverrides, factsOf, idOf, STARTED_MS, summaryOf } from './made-facts.js';

type Step = Pick<EngineEvent, 'action'> & { readonly signal?: number; readonly exitCode?: string };

/** By what was recorded of the engines; `stop` is told by `docker stop` alone. */
const ENDS: Readonly<Record<string, readonly Step[]>> = {
  '20: stop': [kill(15), die(0), { action: 'disconnect' }, { action: 'stop' }],
  '28: stop': [kill(15), { action: 'disconnect' }, { action: 'stop' }, die(0)],
  '20: stop, not obeyed': [kill(15), kill(9), die(137), { action: 'disconnect' }, { action: 'stop' }],
  '28: stop, not obeyed': [kill(15), kill(9), { action: 'disconnect' }, { action: 'stop' }, die(137)],
  '20: kill': [kill(9), die(137), { action: 'disconnect' }],
  '28: kill': [kill(9), { action: 'disconnect' }, die(137)],
  '20: crash': [die(1), { action: 'disconnect' }],
  '28: crash': [{ action: 'disconnect' }, die(1)],
};

const WHYS: Readonly<Record<string, string>> = {
  '20: stop': 'signal 15, exit code 0',
  '28: stop': 'signal 15, exit code 0',
  '20: stop, not obeyed': 'signal 9, exit code 137',
  '28: stop, not obeyed': 'signal 9, exit code 137',
  '20: kill': 'signal 9, exit code 137',
  '28: kill': 'signal 9, exit code 137',
  '20: crash': 'exit code 1',
  '28: crash': 'exit code 1',
};

for (const [name, steps] of Object.entries(ENDS)) {
  test(`${name}: the first event that means the end counts, and no later one brings it back`, () => {
    const { book, tell, container } = followed();
    const phases = steps.map((step) => {
      tell(step);
      return container().phase;
    });
    const firstEnd = steps.findIndex(({ action }) => action !== 'kill');
    assert.deepEqual(
      phases,
      steps.map((_, index) => (index < firstEnd ? 'stopping' : 'ended')),
    );
    assert.equal(container().why, WHYS[name]);
    assert.deepEqual(container().networks, [{ name: 'bridge', address: '172.17.0.2' }], 'whose address that was');
    tell({ action: 'destroy' });
    assert.equal(container().phase, 'removed');
    assert.equal(book.nextLook(), null);
  });
}

test('a signal that ends nothing changes nothing; its own stop signal does', () => {
  const { book, tell, container } = followed({ stopSignal: 3 });
  const { revision } = book;
  for (const signal of [28, 1, 10, 12, Number.NaN]) tell(kill(signal));
  assert.equal(container().phase, 'running');
  assert.equal(book.revision, revision);
  tell(kill(3));
  assert.equal(container().phase, 'stopping');
  assert.equal(container().why, 'signal 3');
  const told = book.revision;
  tell(kill(3));
  assert.equal(book.revision, told, 'said again, it says nothing new');
});

test('what survives its time to end runs again, and a remark says so until it gets another signal', () => {
  const { book, clock, tell, container, look } = followed({ stopTimeoutMs: 5_000 });
  tell(kill(15));
  assert.deepEqual(book.nextLook(), { id: idOf(1), at: clock.now() + 6_000 });
  look({ stopTimeoutMs: 5_000 });
  assert.equal(container().phase, 'stopping', 'it has time left');
  clock.jump(6_000);
  look({ stopTimeoutMs: 5_000 });
  assert.equal(container().phase, 'running');
  assert.equal(container().why, '');
  assert.match(book.remarks()[0]?.message ?? '', /got signal 15 and still runs 6 s later/);
  tell(kill(15));
  assert.equal(container().phase, 'stopping');
  assert.deepEqual(book.remarks(), []);
});

test('of several containers the one whose time is over first is inspected next', () => {
  for (const order of [
    [1, 2, 3],
    [3, 1, 2],
    [2, 3, 1],
  ]) {
    const clock = new FakeClock();
    const book = new ContainerBook(clock);
    for (const number of order) {
      book.beginLook(idOf(number));
      book.endLook(idOf(number), factsOf(number, { stopTimeoutMs: number * 5_000 }));
      assert.equal(book.nextLook(), null);
    }
    for (const number of order) book.onEvent({ id: idOf(number), atMs: STARTED_MS + 1, action: 'kill', signal: 15 });
    assert.deepEqual(book.nextLook(), { id: idOf(1), at: clock.now() + 6_000 });
    book.onEvent({ id: idOf(1), atMs: STARTED_MS + 2, action: 'die', exitCode: '0' });
    assert.deepEqual(book.nextLook(), { id: idOf(2), at: clock.now() + 11_000 });
  }
});

test('a container that loses its only network is over, unless the engine says that it runs', () => {
  const { book, clock, tell, container, look } = followed();
  tell({ action: 'disconnect' });
  assert.equal(container().phase, 'ended');
  assert.deepEqual(book.nextLook(), { id: idOf(1), at: clock.now() + 2_000 });
  assert.equal(tell({ action: 'connect' }), true, 'it is looked at');
  look({ networks: [{ name: 'other', address: '172.18.0.2' }] });
  assert.equal(container().phase, 'running');
  assert.deepEqual(container().networks, [{ name: 'other', address: '172.18.0.2' }]);
  assert.deepEqual(container().lostAddresses, ['172.17.0.2']);
});

test('of several networks one may go', () => {
  const networks = [
    { name: 'bridge', address: '172.17.0.2' },
    { name: 'shop', address: '172.18.0.2' },
  ];
  const { tell, container, look } = followed({ networks });
  tell({ action: 'disconnect' });
  assert.equal(container().phase, 'running');
  assert.deepEqual(container().networks, [{ name: 'shop', address: '172.18.0.2' }]);
  assert.deepEqual(container().lostAddresses, ['172.17.0.2']);
  for (let turn = 3; turn < 100; turn += 1) look({ networks: [{ name: 'bridge', address: `172.17.0.${turn}` }] });
  assert.equal(container().lostAddresses.length, 20);
  assert.equal(container().lostAddresses.at(-1), '172.17.0.98');
  look({ networks: [{ name: 'bridge', address: '172.17.0.98' }] });
  assert.equal(container().lostAddresses.at(-1), '172.17.0.99', 'it has the other one again');
});

test('pause, unpause and health', () => {
  const { book, tell, container } = followed({ health: 'starting' });
  book.onEvent({ id: idOf(1), atMs: STARTED_MS + 1, action: 'health_status', health: 'healthy' });
  assert.equal(container().health, 'healthy');
  tell({ action: 'pause' });
  assert.equal(container().phase, 'paused');
  tell({ action: 'unpause' });
  assert.equal(container().phase, 'running');
  tell({ action: 'pause' });
  tell(kill(15));
  tell({ action: 'unpause' });
  assert.equal(container().phase, 'stopping', 'docker stop of a paused one lets it run, to end it');
});

test('lack of memory is told as the reason', () => {
  const { tell, container } = followed();
  tell({ action: 'oom' });
  tell(die(137));
  assert.equal(container().why, 'exit code 137, out of memory');
});

test('a life that begins while the last one is inspected is not ended by the events of the last one', () => {
  const { book, tell, container } = followed();
  tell(die(0));
  const starts = { id: idOf(1), atMs: STARTED_MS + 1_000, action: 'start' } as const;
  book.beginLook(idOf(1));
  assert.equal(book.endLook(idOf(1), factsOf(1, { startedAt: A_SECOND_LATER })), false);
  // The inspection was faster than the stream, which tells now what led to the new life.
  for (const step of [kill(15), die(0), { action: 'disconnect' } as const, { action: 'stop' } as const]) tell(step);
  assert.equal(container().phase, 'running');
  assert.equal(book.onEvent(starts), true);
  assert.equal(container().phase, 'running');
  assert.notEqual(container().life, `${idOf(1).slice(0, 12)}@2026-11-29T12:00:00.000000000Z`);
});

test('after the start was told, what follows belongs to this life, even when the clock of the engine goes back', () => {
  const { book, container } = followed();
  book.onEvent({ id: idOf(1), atMs: STARTED_MS + 1, action: 'start' });
  // The clock was set back by an hour.
  book.onEvent({ id: idOf(1), atMs: STARTED_MS - 3_600_000, action: 'kill', signal: 15 });
  assert.equal(container().phase, 'stopping');
});

test('the same where the start was told before its container was known', () => {
  const book = new ContainerBook(new FakeClock());
  book.onEvent({ id: idOf(1), atMs: STARTED_MS + 1, action: 'start' });
  book.beginLook(idOf(1));
  book.endLook(idOf(1), factsOf(1));
  book.onEvent({ id: idOf(1), atMs: STARTED_MS - 3_600_000, action: 'die', exitCode: '0' });
  assert.equal(book.containers()[0]?.phase, 'ended');
});

test('the health of what has ended is the last that was said while it ran', () => {
  const { book, tell, container } = followed({ health: 'healthy' });
  tell(die(0));
  book.onEvent({ id: idOf(1), atMs: STARTED_MS + 9, action: 'health_status', health: 'unhealthy' });
  assert.equal(container().health, 'healthy');
});

test('an event that comes while its container is inspected is applied to the answer', () => {
  const clock = new FakeClock();
  const book = new ContainerBook(clock);
  assert.equal(book.onEvent({ id: idOf(1), atMs: STARTED_MS + 1, action: 'start' }), true);
  book.beginLook(idOf(1));
  book.onEvent({ id: idOf(1), atMs: STARTED_MS + 2, action: 'kill', signal: 15 });
  assert.equal(book.endLook(idOf(1), factsOf(1)), false);
  assert.equal(book.containers()[0]?.phase, 'stopping');
});

test('a start that comes while its container is inspected is looked at again', () => {
  const book = new ContainerBook(new FakeClock());
  book.beginLook(idOf(1));
  book.onEvent({ id: idOf(1), atMs: STARTED_MS + 2_000, action: 'start' });
  assert.equal(book.endLook(idOf(1), factsOf(1)), true);
});

test('an address that another container took is no longer that of the one that ended', () => {
  const { book, tell } = followed();
  tell(die(0));
  book.beginLook(idOf(2));
  book.endLook(idOf(2), factsOf(2));
  const networks = new Map(book.containers().map(({ name, networks }) => [name, networks]));
  assert.deepEqual(networks.get('app-2'), [{ name: 'bridge', address: '172.17.0.2' }]);
  assert.deepEqual(networks.get('app-1'), []);
});

test('an earlier life keeps the address that its container left, for ten minutes', () => {
  const { book, clock, tell } = followed();
  tell(die(0));
  book.beginLook(idOf(1));
  const networks = [{ name: 'bridge', address: '172.17.0.9' }];
  book.endLook(idOf(1), factsOf(1, { startedAt: A_SECOND_LATER, networks }));
  const words = (): string[] => book.containers().map((one) => `${one.phase} ${one.networks[0]?.address}`);
  assert.deepEqual(words(), ['running 172.17.0.9', 'ended 172.17.0.2']);
  clock.jump(600_001);
  book.onList([summaryOf(1, { networks })], false);
  assert.deepEqual(words(), ['running 172.17.0.9']);
});

test('a container is the same object until it says something else', () => {
  const { book, tell, container, look } = followed();
  const first = container();
  look({});
  tell(kill(1));
  assert.equal(container(), first);
  tell({ action: 'pause' });
  assert.notEqual(container(), first);
  tell(die(0));
  assert.equal(book.containers()[0], book.containers()[0]);
});

test('what was made and never started is not known, and neither is what is unknown and ends', () => {
  const book = new ContainerBook(new FakeClock());
  assert.deepEqual(book.onList([summaryOf(1, { state: 'created' })], true), []);
  assert.equal(book.onEvent({ id: idOf(2), atMs: STARTED_MS, action: 'die', exitCode: '0' }), false);
  book.beginLook(idOf(3));
  book.endLook(idOf(3), factsOf(3, { startedAt: null }));
  assert.deepEqual(book.containers(), []);
});

test('a list asks for what differs: state, name, address, health, youth, absence; and for nothing else', () => {
  const asked = (overrides: Parameters<typeof summaryOf>[1], isNewStream = false): boolean => {
    const { book } = followed();
    return book.onList([summaryOf(1, overrides)], isNewStream).length > 0;
  };
  assert.equal(asked({}), false);
  assert.equal(asked({}, true), true, 'events may be lost');
  assert.equal(asked({ state: 'exited' }), true);
  assert.equal(asked({ state: 'paused' }), true);
  assert.equal(asked({ name: 'other' }), true);
  assert.equal(asked({ networks: [{ name: 'bridge', address: '172.17.0.3' }] }), true);
  assert.equal(asked({ status: 'Up 5 minutes (unhealthy)' }), true);
  assert.equal(asked({ status: 'Up 5 seconds' }), true);
  assert.equal(asked({ status: 'Up Less than a second' }), true);
  const { book, container } = followed();
  assert.deepEqual(book.onList([], false), [idOf(1)]);
  book.beginLook(idOf(1));
  book.endLook(idOf(1), null);
  assert.equal(container().phase, 'removed');
  assert.deepEqual(book.onList([], false), []);
});

test('ended containers are looked at when they are first seen, the newest hundred', () => {
  const book = new ContainerBook(new FakeClock());
  const summaries = Array.from({ length: 500 }, (_, index) => summaryOf(index + 1, { state: 'exited' }));
  assert.equal(book.onList(summaries, true).length, 100);
});

test('lives that are over are forgotten: after ten minutes, and beyond a thousand', () => {
  const clock = new FakeClock();
  const book = new ContainerBook(clock);
  for (let number = 1; number <= 1_500; number += 1) {
    book.beginLook(idOf(number));
    book.endLook(idOf(number), factsOf(number, { networks: [] }));
    book.onEvent({ id: idOf(number), atMs: STARTED_MS + 1, action: 'destroy' });
  }
  book.onList([], false);
  assert.equal(book.containers().length, 1_000);
  clock.jump(600_001);
  book.onList([], false);
  assert.equal(book.containers().length, 0);
});

test('an inspection that fails is named until one succeeds; what is known stays', () => {
  const { book, container } = followed();
  book.beginLook(idOf(1));
  book.abandonLook(idOf(1), 'Docker was silent');
  assert.deepEqual(
    book.remarks().map(({ name, message }) => ({ name, message })),
    [{ name: 'app-1', message: 'Docker was silent' }],
  );
  assert.equal(container().phase, 'running');
  assert.deepEqual(book.onList([summaryOf(1)], false), [idOf(1)]);
  book.beginLook(idOf(1));
  book.endLook(idOf(1), factsOf(1));
  assert.deepEqual(book.remarks(), []);
});

function kill(signal: number): Step {
  return { action: 'kill', signal };
}

function die(exitCode: number): Step {
  return { action: 'die', exitCode: String(exitCode) };
}

/** A book that knows one running container. */
function followed(overrides: FactsOverrides = {}) {
  const clock = new FakeClock();
  const book = new ContainerBook(clock);
  const look = (now: FactsOverrides): void => {
    book.beginLook(idOf(1));
    book.endLook(idOf(1), factsOf(1, now));
  };
  look(overrides);
  let atMs = STARTED_MS;
  const tell = (step: Step): boolean => {
    atMs += 1;
    return book.onEvent({ network: 'bridge', ...step, id: idOf(1), atMs } as EngineEvent);
  };
  const container = (): Container => {
    const [found] = book.containers();
    assert.ok(found);
    return found;
  };
  return { book, clock, look, tell, container };
}
