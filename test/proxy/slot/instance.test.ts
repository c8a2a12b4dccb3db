/** What an instance takes, by all that decides it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '../../../src/proxy/limits/lease.js';
import { Instance } from '../../../src/proxy/slot/instance.js';

const READY = { isUp: true, state: 'ready', isRemoved: false, weight: 1, isBarren: undefined } as const;
interface Facts {
  readonly isUp: boolean;
  readonly state: 'ready' | 'drain' | 'maint';
  readonly isRemoved: boolean;
  readonly weight: number;
  /** undefined: it has no limit. */
  readonly isBarren: boolean | undefined;
}

function instanceIn({ isBarren, ...facts }: Facts): Instance {
  const lease = isBarren === undefined ? null : ({ isBarren } as Lease);
  return Object.assign(new Instance('a:1', 'a', 1, false), { ...facts, lease });
}

test('who may go to an instance, and whether only permits are missing', () => {
  const rows: readonly (readonly [Partial<Facts>, string])[] = [
    [{}, 'all'],
    [{ isBarren: false }, 'all'],
    [{ isUp: false }, 'nobody'],
    [{ isRemoved: true }, 'nobody'],
    [{ state: 'maint' }, 'nobody'],
    [{ state: 'drain' }, 'those that are bound'],
    [{ weight: 0 }, 'those that are bound'],
    [{ isBarren: true }, 'nobody, for want of permits'],
    [{ isBarren: true, isUp: false }, 'nobody'],
    [{ isBarren: true, isRemoved: true }, 'nobody'],
    [{ isBarren: true, state: 'maint' }, 'nobody'],
    [{ isBarren: true, state: 'drain' }, 'nobody'],
    [{ isBarren: true, weight: 0 }, 'nobody'],
  ];
  for (const [facts, expected] of rows) {
    const { isUsable, isStickyUsable, lacksPermits } = instanceIn({ ...READY, ...facts });
    const who = isUsable ? 'all' : isStickyUsable ? 'those that are bound' : 'nobody';
    assert.equal(`${who}${lacksPermits ? ', for want of permits' : ''}`, expected, JSON.stringify(facts));
  }
});

test('there is room below the limit', () => {
  for (const [inFlight, limit, expected] of [
    [0, 0, false],
    [0, 1, true],
    [1, 1, false],
    [2, 1, false],
    [9, Number.POSITIVE_INFINITY, true],
  ] as const) {
    const instance = Object.assign(new Instance('a:1', 'a', 1, false), { inFlight, limit });
    assert.equal(instance.hasRoom, expected, `${inFlight} of ${limit}`);
  }
});

test('the door of the health port is for neighbors whose node is known and that take no version 2', () => {
  for (const [isNeighbor, node, proxyVersion, expected] of [
    [true, 'n2', 'none', true],
    [true, 'n2', 'v1', true],
    [true, 'n2', 'v2', false],
    [true, null, 'none', false],
    [false, 'n2', 'none', false],
  ] as const) {
    const instance = Object.assign(new Instance('a:1', 'a', 1, isNeighbor), { node, proxyVersion });
    assert.equal(instance.hasBleedDoor, expected, JSON.stringify({ isNeighbor, node, proxyVersion }));
  }
});

test('the oldest request counts where no new ones are taken', () => {
  const instance = new Instance('a:1', 'a', 1, false);
  for (const busySince of [700, 400, 900]) instance.connections.add({ busySince } as never);
  const ages = (changes: object): number => {
    Object.assign(instance, { inFlight: 3, state: 'ready', isRemoved: false }, changes);
    return instance.oldestMs(1_000);
  };
  assert.equal(ages({}), 0);
  assert.equal(ages({ state: 'drain' }), 600);
  assert.equal(ages({ isRemoved: true }), 600);
  assert.equal(ages({ isRemoved: true, inFlight: 0 }), 0);
});
