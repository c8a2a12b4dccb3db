import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { SlotCounters } from '../../../src/metrics/counters.js';
import type { SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { freePort } from '../../support/addresses.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf, slotOf } from '../../support/node/snapshots.js';
import type { ScriptedInstance } from '../../support/traffic/scripted-instance.js';

/** What becomes of the second slot: its instance drains, is down or has left, or the slot is gone; and all is as at first. */
export const CHANGED = ['drain', 'down', 'left', 'gone', 'back', 'back'] as const;
const MOST_SESSIONS = 100;
const APPS = ['shop', 'till'];

/** @returns the place in APPS of the one that a client asks */
export function slotOfClient(number: number): number {
  return number % APPS.length;
}

/** The second slot after a change; none while it is gone. */
function changed(slot: SlotSnapshot, to: (typeof CHANGED)[number]): readonly SlotSnapshot[] {
  const [instance] = slot.instances;
  if (to === 'gone' || instance === undefined) return [];
  if (to === 'back') return [slot];
  if (to === 'left') return [{ ...slot, instances: [] }];
  return [{ ...slot, instances: [to === 'drain' ? { ...instance, state: 'drain' } : { ...instance, up: false }] }];
}

/** Two slots of different configuration in one plane, which knows the counters of all lives of both. */
export class TwoSlots {
  readonly ports: readonly number[];
  /** By app; a slot that comes back counts anew. */
  readonly counters = APPS.map(() => new Set<SlotCounters>());
  readonly plane: TestPlane;
  readonly #second: SlotSnapshot;

  private constructor(plane: TestPlane, second: SlotSnapshot) {
    this.plane = plane;
    this.ports = [plane.port, second.port];
    this.#second = second;
  }

  static async start(context: TestContext, instances: readonly ScriptedInstance[]): Promise<TwoSlots> {
    const [first = [], other = []] = instances.map((instance) => [instanceOf(instance)]);
    const plane = await TestPlane.start(context, {
      slot: { instances: first, limits: { connections: 1, queue: 2 } },
      logFormat: '%b %ci %HU',
    });
    const second = slotOf({
      ...{ app: 'till', port: await freePort(plane.host), instances: other, limits: { connections: 1, queue: 2 } },
      ...{ sticky: { cookie: 'S', key: 'secret' }, trace: true },
    });
    const slots = new TwoSlots(plane, second);
    await slots.change('back');
    return slots;
  }

  async change(to: (typeof CHANGED)[number]): Promise<void> {
    await this.plane.change({}, { slots: [this.plane.slot, ...changed(this.#second, to)] });
    const { slots } = this.plane.plane.counters();
    for (const [place, app] of APPS.entries()) if (slots[app] !== undefined) this.counters[place]?.add(slots[app]);
  }

  /** Ends one of what is under way, if anything is. */
  kill(which: number): void {
    const { sessions } = this.plane.plane.sessions(null, MOST_SESSIONS);
    const session = sessions[which % Math.max(1, sessions.length)];
    if (session !== undefined) this.plane.plane.killSession(session.id);
  }

  get isOver(): boolean {
    const all = this.counters.flatMap((lives) => [...lives]);
    return all.every(({ openConnections, inFlight }) => openConnections === 0 && inFlight === 0);
  }

  /** @param addresses of the clients, by their numbers */
  check(addresses: readonly string[]): void {
    const lines = this.plane.accessLog.map((line) => line.trimEnd().split(' '));
    for (const [place, lives] of this.counters.entries()) {
      const requests = [...lives].reduce((sum, one) => sum + one.requests, 0);
      const responses = [...lives].flatMap((one) => one.responses).reduce((sum, count) => sum + count, 0);
      assert.equal(responses, requests, APPS[place]);
      assert.equal(lines.filter(([app]) => app === APPS[place]).length, requests, APPS[place]);
    }
    for (const [app, address = '', path = ''] of lines) {
      const of = /^\/(\d+)-/.exec(path)?.[1];
      if (of === undefined) continue;
      assert.deepEqual([app, address], [APPS[slotOfClient(Number(of))], addresses[Number(of)]], path);
    }
    assert.ok(Object.values(this.plane.plane.counters().slots).every(({ queued }) => queued === 0));
  }
}
