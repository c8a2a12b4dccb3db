import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../src/model/app.js';
import { refuseClashes } from '../../src/model/slot-clashes.js';
import { appOf } from '../support/node/apps.js';

function slotsOf(apps: readonly App[]): Record<string, number> {
  return Object.fromEntries(apps.map(({ name, slot }) => [name, slot]));
}

test('apps on ports of their own pass, sorted by name', () => {
  const { apps, problems } = refuseClashes([appOf('b', 9002), appOf('a', 9000)], [], [1936]);
  assert.deepEqual(slotsOf(apps), { a: 9000, b: 9002 });
  assert.deepEqual(
    apps.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepEqual(problems, []);
});

for (const [what, slot] of [
  ['the same slot', 9000],
  ['its slot on the health port', 9001],
  ['its health port on the slot', 8999],
] as const) {
  test(`a newer app with ${what} is refused, both named with their places`, () => {
    const old = appOf('old', 9000);
    // Its place comes first, but the other one is in force.
    const young = appOf('young', slot, { origin: { source: 'directory', location: '/a.yml', line: 7, col: 1 } });
    const { apps, problems } = refuseClashes([young, old], [old], []);
    assert.deepEqual(apps, [old]);
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.severity, 'error');
    assert.equal(problems[0]?.app, 'young');
    assert.equal(`${problems[0]?.file}:${problems[0]?.line}`, '/a.yml:7');
    assert.match(problems[0]?.message ?? '', /of old \(\/services\/old\.yml:1\); it is not served/);
  });
}

test('at a cold start the order of places decides, not the order in which the apps come', () => {
  const at = (name: string, location: string, line: number): App =>
    appOf(name, 9000, { origin: { source: 'directory', location, line, col: 1 } });
  const one = at('one', '/b.yml', 1);
  const two = at('two', '/a.yml', 9);
  const three = at('three', '/a.yml', 10);
  for (const apps of [
    [one, two, three],
    [three, two, one],
    [two, three, one],
  ]) {
    assert.deepEqual(slotsOf(refuseClashes(apps, [], []).apps), { two: 9000 });
  }
});

test('ports of the node itself are not given away', () => {
  const { apps, problems } = refuseClashes([appOf('a', 1936), appOf('b', 1935), appOf('c', 1937)], [], [1936]);
  assert.deepEqual(slotsOf(apps), { c: 1937 });
  assert.match(problems.map(({ message }) => message).join('\n'), /a: its slot 1936 is used by this node itself/);
  assert.match(problems.map(({ message }) => message).join('\n'), /b: its health port 1936/);
});

test('an app that moves to a taken slot stays where it is, with the rest of its new text', () => {
  const a = appOf('a', 9000);
  const b = appOf('b', 9010);
  const moved = appOf('b', 9000, { retries: 1 });
  const { apps, problems } = refuseClashes([a, moved], [a, b], []);
  assert.deepEqual(apps, [a, { ...moved, slot: 9010 }]);
  assert.match(problems[0]?.message ?? '', /is the slot of a .*; it stays on slot 9010/);

  // And it keeps that slot against a newcomer for as long as it has nowhere to go.
  const c = appOf('c', 9010, { origin: { source: 'directory', location: '/0.yml', line: 1, col: 1 } });
  const next = refuseClashes([a, moved, c], apps, []);
  assert.deepEqual(slotsOf(next.apps), { a: 9000, b: 9010 });
  assert.equal(next.problems.length, 2);
});

test('two apps exchange their slots, and one moves to where another one was', () => {
  const previous = [appOf('a', 9000), appOf('b', 9010), appOf('c', 9020)];
  const swapped = refuseClashes([appOf('a', 9010), appOf('b', 9000), appOf('c', 9020)], previous, []);
  assert.deepEqual(slotsOf(swapped.apps), { a: 9010, b: 9000, c: 9020 });
  assert.deepEqual(swapped.problems, []);
  const freed = refuseClashes([appOf('a', 9020), appOf('b', 9010)], previous, []);
  assert.deepEqual(slotsOf(freed.apps), { a: 9020, b: 9010 });
});

test('an app moves by one port, over its own health port', () => {
  const { apps, problems } = refuseClashes([appOf('a', 9001)], [appOf('a', 9000)], []);
  assert.deepEqual(slotsOf(apps), { a: 9001 });
  assert.deepEqual(problems, []);
});

test('one that may not move is not pushed off its slot by another that wanted to follow it there', () => {
  const at = (name: string, slot: number, place: string): App =>
    appOf(name, slot, { origin: { source: 'directory', location: place, line: 1, col: 1 } });
  const previous = [at('a', 9000, '/1.yml'), at('b', 9010, '/3.yml'), at('c', 9020, '/2.yml')];
  // c comes before b in the files, and b's slot would be free if b could have a's.
  const next = [at('a', 9000, '/1.yml'), at('b', 9000, '/3.yml'), at('c', 9010, '/2.yml')];
  const { apps, problems } = refuseClashes(next, previous, []);
  assert.deepEqual(slotsOf(apps), { a: 9000, b: 9010, c: 9020 });
  assert.deepEqual(problems.map(({ app }) => app).sort(), ['b', 'c']);
  assert.deepEqual(refuseClashes(next, apps, []).apps, apps, 'and so it stays');
});

test('of two that move to one slot the first in the files gets it', () => {
  const previous = [appOf('a', 9000), appOf('b', 9010)];
  const { apps, problems } = refuseClashes([appOf('b', 9100), appOf('a', 9101)], previous, []);
  assert.deepEqual(slotsOf(apps), { a: 9101, b: 9010 });
  assert.match(problems[0]?.message ?? '', /^b: its health port 9101 .* is the slot of a/);
});
