/** Five allocators at once, each a process of its own, and some of them killed: no slot twice, no leak without a name. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SlotBook } from '../../src/registry/registry.js';
import { findLeaks } from '../../src/registry/slot-check.js';
import { DEFAULT_SLOT_RULES, KERNEL_EPHEMERAL } from '../../src/registry/slot-rules.js';
import { REGISTRY_KINDS } from './registries.js';

const PROGRAM = fileURLToPath(new URL('./allocator-process.js', import.meta.url));
const ALLOCATORS = 5;
/** Each allocator gives a part of them. A longer run: AUTOPROXY_APPS=1000 npm test -- registry/allocators */
const APPS = ALLOCATORS * Math.ceil(Number(process.env.AUTOPROXY_APPS ?? 200) / ALLOCATORS);
/** So narrow that many claims meet one of another allocator: two of five slots are taken in the end. */
const LAST_PORT = 10_000 + 5 * APPS;

interface Allocator {
  readonly child: ChildProcess;
  /** Names that it said it had written. */
  readonly done: string[];
  readonly ended: Promise<unknown>;
}

function startAllocator(place: readonly string[], work: string, index: number, count: number): Allocator {
  const child = spawn(
    process.execPath,
    [PROGRAM, ...place, work, `app${index}`, String(count), String(index), String(LAST_PORT)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const done: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => done.push(...text.trim().split('\n')));
  return { child, done, ended: once(child, 'close') };
}

function assertSound({ slots, problems }: SlotBook): void {
  assert.deepEqual(problems, []);
  const ports = new Set(slots.map(({ port }) => port));
  assert.equal(ports.size, slots.length);
  for (const port of ports) {
    assert.ok(!ports.has(port + 1), `${port} and ${port + 1}`);
    assert.ok(port % 2 === 0 && port !== 1_936 && port + 1 < KERNEL_EPHEMERAL.from, String(port));
  }
}

for (const kind of REGISTRY_KINDS) {
  test(`${kind.name}: ${ALLOCATORS} allocators give ${APPS} apps a slot each, and no two the same`, async (context) => {
    const place = await kind.prepare(context);
    const allocators = Array.from({ length: ALLOCATORS }, (_, index) =>
      startAllocator(place.arguments, 'slots', index, APPS / ALLOCATORS),
    );
    await Promise.all(allocators.map(({ ended }) => ended));
    assert.deepEqual(
      allocators.map(({ child }) => child.exitCode),
      allocators.map(() => 0),
    );
    const book = await place.open().slots.list();
    assert.equal(new Set(book.slots.map(({ app }) => app)).size, APPS);
    assert.equal(book.slots.length, APPS);
    assertSound(book);
  });

  test(`${kind.name}: writers that are killed leave no leak that has no name, and others go on`, async (context) => {
    const place = await kind.prepare(context);
    await place.open().slots.claim(10_000, 'first', null);
    const writers = Array.from({ length: ALLOCATORS }, (_, index) =>
      startAllocator(place.arguments, 'apps', index, 10),
    );
    const victims = writers.filter((_, index) => index % 2 === 0);
    for (const { child } of victims) child.stdout?.once('data', () => child.kill('SIGKILL'));
    await Promise.all(writers.map(({ ended }) => ended));
    assert.ok(victims.every(({ child }) => child.signalCode === 'SIGKILL'));

    const registry = place.open();
    const [stored, book] = [await registry.list(), await registry.slots.list()];
    assertSound(book);
    assert.deepEqual(stored.problems, []);
    const written = new Map(stored.apps.map(({ definition: { name, slot } }) => [name, slot]));
    for (const name of writers.flatMap(({ done }) => done)) assert.ok(written.has(name), name);
    // The truth, counted without the code that is to name it.
    const lost = book.slots.filter(({ port, app }) => written.get(app) !== port).map(({ port }) => port);
    const leaks = findLeaks(stored, book, DEFAULT_SLOT_RULES);
    assert.deepEqual(
      leaks.map(({ port }) => port),
      lost,
    );
    assert.ok(lost.includes(10_000));
    for (const [name, slot] of written)
      assert.ok(
        book.slots.some(({ port, app }) => port === slot && app === name),
        name,
      );
  });
}
