/**
 * Any history of requests, answers, clients that go and changes of the configuration: limits hold, nobody waits beside
 * room, what takes nothing new gets nothing new, and in the end all is accounted for.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { ADMIN_STATES, BALANCES } from '../../../src/model/app.js';
import type { InstanceSnapshot, SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { eventually } from '../../support/eventually.js';
import { BalancedFleet } from '../../support/node/balanced-fleet.js';
import { holds } from '../../support/properties.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';

const INSTANCES = 3;
const NAMES = 'ABC';

const instance = fc.record({
  weight: fc.constantFrom(0, 1, 2, 5),
  state: fc.constantFrom(...ADMIN_STATES),
  up: fc.boolean(),
});
const configuration = fc.record({
  instances: fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: instance }), {
    minLength: INSTANCES,
    maxLength: INSTANCES,
  }),
  limits: fc.record({ connections: fc.nat({ max: 3 }), queue: fc.nat({ max: 4 }) }),
  balance: fc.constantFrom(...BALANCES),
});
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('ask' as const), client: fc.nat({ max: 9 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const), to: configuration }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** What is true of a fleet at each moment; it remembers what was under way when a limit fell. */
class Laws {
  readonly #fleet: BalancedFleet;
  #slot: SlotSnapshot;
  /** By id: what may be under way. */
  readonly #most = new Map<string, number>();
  /** By id: what those got that may get nothing new, when they began so. */
  #closed = new Map<string, number>();
  #mostQueued = 0;

  constructor(fleet: BalancedFleet, slot: SlotSnapshot) {
    this.#fleet = fleet;
    this.#slot = slot;
    this.onChanged(slot);
  }

  onChanged(slot: SlotSnapshot): void {
    this.#slot = slot;
    const { instances, queued } = this.#fleet.plane.counters;
    this.#mostQueued = Math.max(slot.limits.queue, queued);
    const closed = slot.instances.filter((one) => !isUsable(one));
    this.#closed = new Map(closed.map(({ id }) => [id, instances[id]?.requests ?? 0]));
    for (const { id } of slot.instances) this.#most.set(id, Math.max(this.#limit, instances[id]?.inFlight ?? 0));
  }

  get #limit(): number {
    const { connections } = this.#slot.limits;
    return connections === 0 ? Number.POSITIVE_INFINITY : connections;
  }

  check(): void {
    const { instances, queued, inFlight } = this.#fleet.plane.counters;
    let underWay = 0;
    for (const { id } of this.#slot.instances) {
      const has = instances[id]?.inFlight ?? 0;
      underWay += has;
      const most = Math.max(this.#limit, Math.min(this.#most.get(id) ?? 0, has));
      assert.ok(has <= (this.#most.get(id) ?? 0), `${has} under way at ${id}, whose limit is ${this.#limit}`);
      this.#most.set(id, most);
    }
    assert.ok(queued <= this.#mostQueued, `${queued} wait, and no more than ${this.#slot.limits.queue} may`);
    this.#mostQueued = Math.max(this.#slot.limits.queue, queued);
    assert.equal(underWay + queued, inFlight, 'each request is at an instance or waits');
    for (const [id, requests] of this.#closed)
      assert.equal(instances[id]?.requests, requests, `${id} takes nothing new`);
    if (queued === 0) return;
    const usable = this.#slot.instances.filter(isUsable);
    assert.ok(usable.length > 0, 'nobody waits for nobody');
    const hasRoom = usable.filter(({ id }) => (instances[id]?.inFlight ?? 0) < this.#limit);
    if (this.#slot.balance === 'source') assert.ok(hasRoom.length < usable.length, 'all have room, and somebody waits');
    else assert.deepEqual(hasRoom, [], 'somebody waits beside room');
  }
}

function isUsable({ up, state, weight }: InstanceSnapshot): boolean {
  return up && state === 'ready' && weight > 0;
}

class History {
  readonly #fleet: BalancedFleet;
  readonly #laws: Laws;
  readonly #clients: RawConnection[] = [];
  #slot: SlotSnapshot;

  constructor(fleet: BalancedFleet, slot: SlotSnapshot) {
    this.#fleet = fleet;
    this.#slot = slot;
    this.#laws = new Laws(fleet, slot);
  }

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case 'ask':
        this.#clients.push(await this.#fleet.hold(`127.113.0.${next.client + 1}`));
        break;
      case 'answer':
        await this.#answer(next.which);
        break;
      case 'leave':
        await this.#leave(next.which);
        break;
      case 'change':
        await this.change({
          ...next.to,
          instances: this.#fleet.specs.map((spec, index) => ({ ...spec, ...next.to.instances[index] })),
        });
        break;
    }
    this.#laws.check();
  }

  async change(slot: Pick<SlotSnapshot, 'instances' | 'limits' | 'balance'>): Promise<void> {
    this.#slot = { ...this.#slot, ...slot };
    const changed = this.#fleet.change(slot);
    this.#laws.onChanged(this.#slot);
    await changed;
  }

  async #answer(which: number): Promise<void> {
    const busy = [...NAMES].filter((_, index) => (this.#fleet.underWay[index] ?? 0) > 0);
    const name = busy[which % Math.max(1, busy.length)];
    if (name === undefined) return;
    const { responses } = this.#fleet.plane.counters;
    const before = responses[2] ?? 0;
    await this.#fleet.answer(name);
    await eventually('its answer has passed', () => (responses[2] ?? 0) > before);
  }

  async #leave(which: number): Promise<void> {
    const [client] = this.#clients.splice(which % Math.max(1, this.#clients.length), 1);
    if (client === undefined) return;
    const { counters } = this.#fleet.plane;
    const before = counters.openConnections;
    client.socket.resetAndDestroy();
    await eventually('it is gone', () => counters.openConnections < before);
    // Else the next answer may go to a request whose client has left.
    await eventually('its instance knows', () => {
      const { instances, underWay } = this.#fleet;
      return instances.every(({ slowRequests }, index) => slowRequests <= (underWay[index] ?? 0));
    });
  }

  /** Everybody gets an answer, and the books are closed. */
  async end(): Promise<void> {
    await this.change({ instances: this.#fleet.specs, limits: { connections: 0, queue: 99 }, balance: 'roundrobin' });
    this.#laws.check();
    const { counters } = this.#fleet.plane;
    await eventually('all are answered', () => {
      for (const one of this.#fleet.instances) one.answerSlow();
      return counters.inFlight === 0;
    });
    for (const client of this.#clients) client.close();
    assert.deepEqual([counters.queued, ...this.#fleet.underWay], [0, 0, 0, 0]);
    assert.equal(
      counters.responses.reduce((sum, count) => sum + count, 0),
      counters.requests,
    );
    const { NO_INSTANCE = 0, QUEUE_FULL = 0, CLIENT_ABORTED = 0, ...others } = counters.errors;
    assert.deepEqual(others, {});
    assert.deepEqual([counters.responses[5], counters.responses[0]], [NO_INSTANCE + QUEUE_FULL, CLIENT_ABORTED]);
  }
}

async function live(context: TestContext, steps: readonly Step[]): Promise<void> {
  const fleet = await BalancedFleet.start(context, [1, 1, 1], { slot: { limits: { connections: 1, queue: 2 } } });
  const history = new History(fleet, fleet.plane.slot);
  for (const next of steps) await history.take(next);
  await history.end();
}

test('limits, queue and books hold through any history', async (context) => {
  await holds(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => live(context, steps)),
    30,
  );
});
