/** Two writers of one app, the second between two steps of the first: the app ends with one slot, and it is recorded. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { putApp, removeApp } from '../../src/registry/put-app.js';
import { freeSlot, recordSlot } from '../../src/registry/record-slot.js';
import type { Registry } from '../../src/registry/registry.js';
import { findLeaks } from '../../src/registry/slot-check.js';
import { DEFAULT_SLOT_RULES } from '../../src/registry/slot-rules.js';
import { putOptions, smallApp } from './put-options.js';
import { REGISTRY_KINDS, type RegistryPlace } from './registries.js';

async function leaksIn(registry: Registry): Promise<readonly string[]> {
  return findLeaks(await registry.list(), await registry.slots.list(), DEFAULT_SLOT_RULES).map(
    ({ message }) => message,
  );
}

/** The other writer comes once, before the step or after it. */
function interrupt<K extends string>(
  context: TestContext,
  part: Record<K, (...parameters: never[]) => Promise<unknown>>,
  step: K,
  when: 'before' | 'after',
  other: () => Promise<unknown>,
): void {
  const real = part[step].bind(part) as (...parameters: unknown[]) => Promise<unknown>;
  let hasCome = false;
  const come = async (now: 'before' | 'after'): Promise<void> => {
    if (now !== when || hasCome) return;
    hasCome = true;
    await other();
  };
  context.mock.method(part, step, (async (...parameters: unknown[]) => {
    await come('before');
    const answer = await real(...parameters);
    await come('after');
    return answer;
  }) as never);
}

for (const kind of REGISTRY_KINDS) {
  const prepare = async (context: TestContext): Promise<{ place: RegistryPlace; one: Registry; other: Registry }> => {
    const place = await kind.prepare(context);
    return { place, one: place.open(), other: place.open() };
  };

  test(`${kind.name}: an app that is put again during its removal keeps the slot that it uses`, async (context) => {
    const { one, other } = await prepare(context);
    await putApp(one, smallApp('shop', 'slot: 21034\n'), putOptions());
    interrupt(context, one, 'remove', 'after', () => putApp(other, smallApp('shop'), putOptions()));
    await removeApp(one, 'shop', putOptions());
    assert.equal((await other.get('shop'))?.definition.slot, 21_034);
    assert.deepEqual(await leaksIn(other), []);
  });

  test(`${kind.name}: an app that gets another slot during its removal keeps that one`, async (context) => {
    const { one, other } = await prepare(context);
    await putApp(one, smallApp('shop', 'slot: 21034\n'), putOptions());
    const moved = smallApp('shop', 'slot: 21040\n');
    interrupt(context, one, 'remove', 'after', () => putApp(other, moved, putOptions({ canMoveSlot: true })));
    await removeApp(one, 'shop', putOptions());
    assert.equal((await other.get('shop'))?.definition.slot, 21_040);
    assert.deepEqual(await leaksIn(other), []);
  });

  test(`${kind.name}: a record that an app takes up while it is freed stays`, async (context) => {
    const { one, other } = await prepare(context);
    await recordSlot(one, 'shop', 21_034, putOptions());
    interrupt(context, one.slots, 'free', 'before', () => putApp(other, smallApp('shop'), putOptions()));
    await assert.rejects(freeSlot(one, 21_034, putOptions().chances), /slot 21034 was changed by somebody else/);
    assert.equal((await other.get('shop'))?.definition.slot, 21_034);
    assert.deepEqual(await leaksIn(other), []);
  });

  test(`${kind.name}: a slot that is asked for while the app gets another one is refused`, async (context) => {
    const { one, other } = await prepare(context);
    const put = smallApp('shop', 'slot: 21040\n');
    interrupt(context, one.slots, 'claim', 'before', () => putApp(other, put, putOptions()));
    await assert.rejects(recordSlot(one, 'shop', 21_034, putOptions()), /its slot is 21040; 21034 was asked for/);
    assert.deepEqual((await other.slots.list()).slots, [{ port: 21_040, app: 'shop' }]);
  });

  test(`${kind.name}: a slot that is recorded while the app is put with another one is freed`, async (context) => {
    const { one, other } = await prepare(context);
    interrupt(context, one.slots, 'claim', 'before', () => recordSlot(other, 'shop', 21_034, putOptions()));
    await putApp(one, smallApp('shop', 'slot: 21040\n'), putOptions());
    assert.deepEqual((await other.slots.list()).slots, [{ port: 21_040, app: 'shop' }]);
    assert.deepEqual(await leaksIn(other), []);
  });

  test(`${kind.name}: many who ask for a slot for one app at once get the same one`, async (context) => {
    const { place, one } = await prepare(context);
    const ports = await Promise.all(
      Array.from({ length: 5 }, () => recordSlot(place.open(), 'shop', null, putOptions())),
    );
    const { slots } = await one.slots.list();
    assert.equal(slots.length, 1);
    assert.deepEqual(
      ports,
      ports.map(() => slots[0]?.port),
    );
  });

  test(`${kind.name}: a slot of a definition that nobody recorded goes to no other app`, async (context) => {
    const { one } = await prepare(context);
    await one.put('shop', smallApp('shop', 'slot: 21034\n').text, null, null);
    await assert.rejects(recordSlot(one, 'till', 21_034, putOptions()), /slot 21034 belongs to shop/);
    await assert.rejects(recordSlot(one, 'till', 21_035, putOptions()), /overlaps slot 21034 of shop/);
    assert.equal(await recordSlot(one, 'shop', null, putOptions()), 21_034);
  });

  test(`${kind.name}: of two records the one that the app uses is its slot`, async (context) => {
    const { one } = await prepare(context);
    await putApp(one, smallApp('shop', 'slot: 21034\n'), putOptions());
    await one.slots.claim(21_020, 'shop', null);
    assert.equal(await recordSlot(one, 'shop', null, putOptions()), 21_034);
  });
}
