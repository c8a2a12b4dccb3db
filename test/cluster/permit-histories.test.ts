/**
 * Random histories of a whole node: the primary's book, and workers with real slots, queues and leases, that hear of each
 * other late. Requests come, end and are given up; workers die and are replaced, also while their predecessors drain;
 * limits change, and instances come, go and fail. Whatever happens, no request begins above the limit of its instance,
 * none waits while a permit is free, and each is served in the end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PermitBook } from '../../src/cluster/permit-book.js';
import { silentLog } from '../../src/core/log.js';
import { MessageRate } from '../../src/core/message-rate.js';
import { Dispatch } from '../../src/proxy/exchange/dispatch.js';
import { BufferPool } from '../../src/proxy/io/buffers.js';
import { createTransports } from '../../src/proxy/io/create-transports.js';
import { Deadlines } from '../../src/proxy/io/deadlines.js';
import { Checkers } from '../../src/proxy/limits/checkers.js';
import { ClientLimit } from '../../src/proxy/limits/client-limit.js';
import { UpstreamCount } from '../../src/proxy/limits/descriptor-budget.js';
import { LeaseDesk } from '../../src/proxy/limits/lease-desk.js';
import type { Instance } from '../../src/proxy/slot/instance.js';
import { NodeContext } from '../../src/proxy/slot/node-context.js';
import { RandomIds } from '../../src/proxy/slot/random-ids.js';
import { Slot } from '../../src/proxy/slot/slot.js';
import { StickyCookie } from '../../src/proxy/slot/sticky.js';
import type { WorkerContext } from '../../src/proxy/slot/worker-context.js';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { instanceOf, slotOf, snapshotOf } from '../support/node/snapshots.js';
import { SeededRandom } from '../support/seeded-random.js';

const STICKY = { cookie: 'S', key: 'secret' };

const HISTORIES = 24;
const EVENTS = 250;
const PLACES = 4;
const HOSTS = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
/** How late a message arrives at most. */
const MAX_DELAY_MS = 3;

/** Time that jumps from one thing that happens to the next. */
class Timeline {
  #now = 0;
  #order = 0;
  readonly #pending: { at: number; order: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  setTimer(delayMs: number, run: () => void) {
    this.#order += 1;
    const entry = { at: this.#now + delayMs, order: this.#order, run };
    this.#pending.push(entry);
    return {
      cancel: () => {
        entry.run = () => {};
      },
    };
  }

  /** @returns false when nothing is left to happen. */
  step(): boolean {
    const [next] = this.#pending.sort((a, b) => a.at - b.at || a.order - b.order).splice(0, 1);
    if (next === undefined) return false;
    this.#now = next.at;
    next.run();
    return true;
  }
}

/** Delivers in order, each message late by chance. */
class Channel {
  underWay = 0;
  readonly #node: SimulatedNode;
  #last = 0;

  constructor(node: SimulatedNode) {
    this.#node = node;
  }

  send(deliver: () => void): void {
    const { time, random } = this.#node;
    this.#last = Math.max(this.#last, time.now() + random.next() * MAX_DELAY_MS);
    this.underWay += 1;
    time.setTimer(this.#last - time.now(), () => {
      this.underWay -= 1;
      deliver();
    });
  }
}

class Request extends Dispatch {
  readonly worker_: SimulatedWorker;
  readonly holdMs: number;
  readonly clientAddress: string;
  isOver = false;

  constructor(worker: SimulatedWorker, holdMs: number, stickyId: string) {
    super(worker.slot, worker.context);
    this.clientAddress = `192.0.2.${Math.floor(holdMs)}`;
    this.worker_ = worker;
    this.holdMs = holdMs;
    this.stickyId = stickyId;
    worker.requests.add(this);
    this.start();
  }

  protected connect(instance: Instance): void {
    this.worker_.node.noteBegun(instance.id);
    this.worker.clock.setTimer(this.holdMs, () => this.end());
  }

  protected cancelConnect(): void {}

  protected setQueueDeadline(): void {}

  protected fail(): void {
    this.worker_.node.failed += 1;
    this.end();
  }

  /** It is answered, or its client goes. */
  end(): void {
    if (this.isOver || this.worker_.isDead) return;
    this.isOver = true;
    this.worker_.requests.delete(this);
    this.leaveQueue();
    this.release();
  }
}

class SimulatedWorker {
  readonly node: SimulatedNode;
  readonly context: WorkerContext;
  readonly slot: Slot;
  readonly requests = new Set<Request>();
  readonly up: Channel;
  readonly down: Channel;
  isDead = false;
  isDraining = false;

  constructor(node: SimulatedNode, index: number) {
    this.node = node;
    this.up = new Channel(node);
    this.down = new Channel(node);
    const { time, random } = node;
    const leases = new LeaseDesk({
      clock: time,
      send: (changes) => {
        if (!this.isDead) this.up.send(() => node.book.change(this, changes));
      },
      defer: (flush) => {
        this.up.underWay += 1;
        time.setTimer(0, () => {
          this.up.underWay -= 1;
          if (!this.isDead) flush();
        });
      },
    });
    this.context = {
      clock: time,
      random: () => random.next(),
      log: silentLog,
      buffers: new BufferPool(),
      transports: createTransports(),
      deadlines: new Deadlines(time),
      clients: new ClientLimit(time, silentLog, {}),
      checkers: new Checkers(),
      ownFaults: new MessageRate(time, 1_000),
      upstreams: new UpstreamCount(() => {}),
      index,
      count: PLACES,
      leases,
      randomIds: new RandomIds(),
      accessLog: null,
      onLogFault: () => {},
      onConnectFailure: () => {},
    };
    this.slot = new Slot(this.context, node.config, node.context);
  }

  apply(config: SlotSnapshot): void {
    if (!this.isDead) this.slot.apply(config, this.node.context);
  }

  /** What it had said is still read; then it is gone with all that it had under way. */
  die(): void {
    this.isDead = true;
    this.requests.clear();
    this.up.send(() => {
      this.node.book.drop(this);
      this.node.workers.delete(this);
    });
  }
}

class SimulatedNode {
  readonly time = new Timeline();
  readonly random: SeededRandom;
  readonly context: NodeContext;
  readonly book: PermitBook<SimulatedWorker>;
  readonly workers = new Set<SimulatedWorker>();
  config: SlotSnapshot;
  failed = 0;
  begun = 0;
  /** Limits that were in force before, and until when: workers hear of lower ones late. */
  readonly #past: { readonly limit: number; readonly until: number }[] = [];

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.config = this.#configWith({ connections: 1 + this.random.below(6) });
    this.context = new NodeContext(snapshotOf({ bind: '::', slots: [] }), { clock: this.time, log: silentLog });
    this.book = new PermitBook<SimulatedWorker>({
      clock: this.time,
      workers: PLACES,
      send: (worker, notices) => {
        worker.down.send(() => {
          if (!worker.isDead) worker.context.leases?.onNotices(notices);
        });
      },
    });
    this.book.setLimits({ slots: [this.config] });
    for (let index = 0; index < PLACES; index += 1) this.workers.add(new SimulatedWorker(this, index));
  }

  get limit(): number {
    return this.config.limits.connections || Number.POSITIVE_INFINITY;
  }

  inFlight(id: string): number {
    let sum = 0;
    for (const { requests, isDead } of this.workers) {
      if (!isDead) for (const { instance } of requests) if (instance?.id === id) sum += 1;
    }
    return sum;
  }

  noteBegun(id: string): void {
    this.begun += 1;
    const late = this.#past.filter(({ until }) => this.time.now() - until <= 3 * MAX_DELAY_MS);
    const bound = Math.max(this.limit, ...late.map(({ limit }) => limit));
    const now = this.inFlight(id);
    assert.ok(now <= bound, `${now} under way at ${id}, whose limit is ${bound}`);
  }

  /** One thing that happens. */
  disturb(): void {
    const alive = [...this.workers].filter(({ isDead }) => !isDead);
    const worker = alive[this.random.below(alive.length)];
    const dice = this.random.next();
    if (worker === undefined || dice < 0.02) {
      worker?.die();
      if (worker?.isDraining !== true) this.workers.add(new SimulatedWorker(this, worker?.context.index ?? 0));
    } else if (dice < 0.03) {
      // A roll: the predecessor ends what it has.
      worker.isDraining = true;
      this.workers.add(new SimulatedWorker(this, worker.context.index));
    } else if (dice < 0.06) {
      this.change();
    } else if (dice < 0.16) {
      [...worker.requests][this.random.below(worker.requests.size)]?.end();
    } else if (!worker.isDraining) {
      const bound = this.random.next() < 0.2 ? new StickyCookie(STICKY).idOf(`${this.random.pick(HOSTS)}:80`) : '';
      for (let count = 1 + this.random.below(4); count > 0; count -= 1)
        new Request(worker, this.random.next() * 20, bound);
    }
  }

  /** Another snapshot: the primary knows it first. */
  change(): void {
    this.#past.push({ limit: this.limit, until: this.time.now() });
    this.config = this.#configWith(this.random.once(2) ? this.config.limits : { connections: this.random.below(7) });
    const { config } = this;
    this.book.setLimits({ slots: [config] });
    for (const worker of this.workers) worker.down.send(() => worker.apply(config));
  }

  #configWith({ connections }: { readonly connections: number }): SlotSnapshot {
    // Requests that began without a limit at an instance that has left count for nothing when it comes back.
    const mayLeave = connections > 0 && this.config?.limits.connections !== 0;
    const chosen = HOSTS.filter(() => !mayLeave || this.random.next() < 0.8);
    return slotOf({
      port: 80,
      sticky: STICKY,
      balance: this.random.pick(['roundrobin', 'leastconn', 'random', 'source'] as const),
      limits: { connections, queue: 10_000 },
      instances: chosen.map((host) => instanceOf({ host, port: 80 }, { up: this.random.next() < 0.9 })),
    });
  }

  /** While no message is on its way nobody waits for what is free. */
  assertNoneWaitsInVain(): void {
    for (const { up, down, isDead } of this.workers) if (up.underWay + down.underWay > 0 || isDead) return;
    for (const { requests, slot } of this.workers) {
      for (const request of requests) {
        if (!request.isQueued) continue;
        for (const { id } of slot.instancesFor(request)) {
          assert.ok(this.inFlight(id) >= this.limit, `a request waits while ${id} has room`);
        }
      }
    }
  }
}

test('no request begins above the limit, none waits while there is room, and each is served', () => {
  let begun = 0;
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const node = new SimulatedNode(seed);
    try {
      for (let event = 0; event < EVENTS; event += 1) {
        node.time.setTimer(node.random.next() * 4, () => node.disturb());
        const steps = node.random.below(6);
        for (let step = 0; step < steps; step += 1) {
          node.time.step();
          node.assertNoneWaitsInVain();
        }
      }
      while (node.time.step()) node.assertNoneWaitsInVain();
    } catch (error) {
      throw new Error(`history ${seed}`, { cause: error });
    }
    const waiting = [...node.workers].flatMap(({ requests }) => [...requests]);
    assert.equal(waiting.length, 0, `history ${seed}: ${waiting.length} were never served`);
    begun += node.begun;
  }
  assert.ok(begun > HISTORIES * EVENTS * 0.5, `${begun} requests`);
});
