/** What a put will do, judged against what the registry holds: kind, slot, and what stands against it with its cure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PlanOptions, planPut } from '../../src/registry/put-plan.js';
import { type FreedSlot, RegistryFailure, type SlotRecord, type StoredApps } from '../../src/registry/registry.js';
import { NOON, putOptions, smallApp } from './put-options.js';

interface Held {
  /** What stands behind the three lines of a small app. */
  readonly apps?: Readonly<Record<string, string>>;
  readonly refused?: readonly string[];
  readonly unreadable?: StoredApps['unreadable'];
  readonly problems?: StoredApps['problems'];
  readonly slots?: readonly SlotRecord[];
  readonly freed?: readonly FreedSlot[];
}

function planned(name: string, more: string, held: Held, options: Partial<PlanOptions> = {}) {
  const { apps = {}, refused = [], unreadable = [], problems = [], slots = [], freed = [] } = held;
  const stored = Object.entries(apps).map(([other, text]) => ({ ...smallApp(other, text), version: '1' }));
  const { definition } = smallApp(name, more);
  const book = { slots, freed, problems: [] };
  const contents = { stored: { apps: stored, refused, unreadable, problems }, hidden: [], book };
  const { kind, definition: planned, isRecorded, changes } = planPut(definition, contents, putOptions(options));
  return { kind, slot: planned.slot, isRecorded, keys: changes.map(({ key }) => key) };
}

function refused(message: string, hint: string, ...parameters: Parameters<typeof planned>): void {
  assert.throws(
    () => planned(...parameters),
    (error) => {
      assert.ok(error instanceof RegistryFailure);
      assert.deepEqual([error.message, error.hint], [message, hint]);
      return true;
    },
  );
}

const SHOP = { apps: { shop: 'slot: 21034\n' }, slots: [{ port: 21_034, app: 'shop' }] };

test('a slot is the one that is written, else the one it has, else the one that is recorded, else a new one', () => {
  assert.deepEqual(planned('shop', 'slot: 21034\n', SHOP), {
    kind: 'unchanged',
    slot: 21_034,
    isRecorded: true,
    keys: [],
  });
  assert.deepEqual(planned('shop', '', SHOP), { kind: 'unchanged', slot: 21_034, isRecorded: true, keys: [] });
  const created = (more: string, held: Held) => {
    const { kind, slot, isRecorded } = planned('till', more, held);
    return [kind, slot, isRecorded];
  };
  assert.deepEqual(created('slot: 21040\n', SHOP), ['created', 21_040, false]);
  assert.deepEqual(created('', { ...SHOP, slots: [...SHOP.slots, { port: 21_040, app: 'till' }] }), [
    'created',
    21_040,
    true,
  ]);
  assert.deepEqual(created('', SHOP), ['created', null, false]);
  assert.deepEqual(planned('shop', 'image: a\n', { ...SHOP, slots: [] }), {
    kind: 'changed',
    slot: 21_034,
    isRecorded: false,
    keys: ['image'],
  });
});

test('with --move-slot an app gets the slot that is written, or a new one where none is', () => {
  const moved = (more: string, held: Held = SHOP) => {
    const { kind, slot, isRecorded } = planned('shop', more, held, { canMoveSlot: true });
    return [kind, slot, isRecorded];
  };
  assert.deepEqual(moved('slot: 21040\n'), ['changed', 21_040, false]);
  assert.deepEqual(moved('slot: 21034\n'), ['unchanged', 21_034, true]);
  assert.deepEqual(moved(''), ['changed', null, false]);
  assert.deepEqual(moved('', { slots: SHOP.slots }), ['created', 21_034, true], 'a new app has nothing to move');
  refused(
    'shop: it keeps slot 21034; the definition says 21040',
    'leave the slot out to keep 21034, or pass --move-slot: load balancers and nodes have to follow',
    'shop',
    'slot: 21040\n',
    SHOP,
  );
});

const OUT = 'leave the slot out to get one';

test('a slot of another is in the way, recorded or used, written here or held', () => {
  refused('till: slot 21034 belongs to shop', OUT, 'till', 'slot: 21034\n', { slots: SHOP.slots });
  refused('till: slot 21035 overlaps slot 21034 of shop', OUT, 'till', 'slot: 21035\n', { apps: SHOP.apps });
  refused('till: slot 21034 belongs to shop', OUT, 'till', '', {
    apps: { ...SHOP.apps, till: 'slot: 21034\n' },
    slots: SHOP.slots,
  });
  const alongside = [smallApp('shop', 'slot: 21034\n').definition];
  refused('till: slot 21034 belongs to shop', OUT, 'till', 'slot: 21034\n', {}, { alongside });
  // One that moves away with it is no longer there.
  const away = [smallApp('shop', 'slot: 21050\n').definition];
  assert.equal(planned('till', 'slot: 21034\n', { apps: SHOP.apps }, { alongside: away }).slot, 21_034);
  // Its own record beside the one that it asks for is not.
  const two = { ...SHOP, slots: [...SHOP.slots, { port: 21_035, app: 'shop' }] };
  assert.equal(planned('shop', '', two).slot, 21_034);
  const freed = [{ port: 21_034, app: 'old', freedAt: NOON }];
  refused(
    'till: slot 21034 is too near slot 21034, in quarantine after old until 2026-01-02T12:00:00.000Z',
    OUT,
    'till',
    'slot: 21034\n',
    { freed },
  );
});

test('a port that kernels use is kept by the app that has it, and by those that are moved in', () => {
  const held = { slots: [{ port: 40_000, app: 'shop' }] };
  assert.equal(planned('shop', 'slot: 40000\n', held).slot, 40_000);
  assert.equal(planned('till', 'slot: 40002\n', {}, { keepsSlot: true }).slot, 40_002);
  refused('till: slot 40002 is a port that kernels give to outgoing connections', OUT, 'till', 'slot: 40002\n', held);
  refused('till: slot 40000 belongs to shop', OUT, 'till', 'slot: 40000\n', held, { keepsSlot: true });
  refused('till: slot 1936 is a reserved port', OUT, 'till', 'slot: 1936\n', {}, { keepsSlot: true });
});

test('an app whose present definition is invalid is not written over', () => {
  const message = 'shop: its present definition in the registry is invalid';
  refused(message, 'fix or remove it first', 'shop', '', { refused: ['shop'] });
  const problem = { severity: 'error', file: 'shop.yml', line: 2, col: 7, message: 'bad', hint: null } as const;
  refused(message, 'fix or remove it first: shop.yml:2:7: error: bad', 'shop', '', {
    refused: ['till', 'shop'],
    problems: [
      { ...problem, app: 'till' },
      { ...problem, app: 'shop' },
    ],
  });
  assert.equal(planned('shop', '', { refused: ['till'] }).kind, 'created');
});

test('a route of another is in the way, and one of an earlier version of itself is not', () => {
  const route = 'edge: {routes: [{host: www.one.example, path: /a}]}\n';
  const held = { apps: { shop: route } };
  refused(
    'till: www.one.example prefix /a is a route of shop already (test.yml:4)',
    'remove it there first, or choose another host or path',
    'till',
    route,
    held,
  );
  assert.equal(planned('shop', route, held).kind, 'unchanged');
  const gone = [smallApp('shop').definition];
  assert.equal(planned('till', route, held, { alongside: gone }).kind, 'created');
});
