/** What is done about a HAProxy process that does not answer, and when: the process, its sockets and time are invented. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SocketFailure } from '../../../edge/haproxy/control-socket.js';
import type { MasterState } from '../../../edge/haproxy/master.js';
import { WorkerWatch } from '../../../edge/run/worker-watch.js';
import { FakeClock } from '../../support/fake-clock.js';
import { createRecordingLog } from '../../support/recording-log.js';

const MASTER = 100;
const LOOK_MS = 3_000;
const SILENT = new SocketFailure('no answer', false);
const ABSENT = new SocketFailure('nothing listens there', true);

/** A HAProxy whose parts do as the test says. */
class InventedHaproxy {
  readonly clock = new FakeClock();
  readonly #recording = createRecordingLog();
  state: MasterState = { masterPid: MASTER, failed: 0, workerPid: 1, workerAgeMs: 600_000, oldWorkers: [] };
  /** What the master's socket says; null: it answers. */
  atMaster: Error | null = null;
  /** null: it answers. */
  atSocket: Error | null = null;
  /** By process id, as the master passes it on; those that are not named answer that they serve. */
  readonly throughMaster = new Map<number, boolean | Error>();
  /** Of each process; R runs on. */
  processState = 'S';
  parent = MASTER;
  ticks = 7;
  onContinue: () => void = () => {};
  readonly signals: string[] = [];
  reloads = 0;
  isReloadDone = true;
  readonly watch: WorkerWatch;

  constructor(isSupervised = true) {
    this.watch = new WorkerWatch({
      master: {
        state: async () => {
          if (this.atMaster !== null) throw this.atMaster;
          return this.state;
        },
        isStopping: async (pid) => {
          const said = this.throughMaster.get(pid) ?? false;
          if (typeof said !== 'boolean') throw said;
          return said;
        },
      },
      runtime: {
        workerPid: async () => {
          if (this.atSocket !== null) throw this.atSocket;
          return this.state.workerPid ?? 0;
        },
      },
      applier: {
        restart: async () => {
          this.reloads += 1;
          if (this.isReloadDone) this.#replaceWorker();
          return { isDone: this.isReloadDone, output: 'its own words' };
        },
      },
      masterSocket: 'master.sock',
      processes: {
        findMasters: async () => [MASTER],
        factsOf: async () => {
          if (this.processState === 'R') this.ticks += 1;
          return { parent: this.parent, session: MASTER, state: this.processState, ticks: this.ticks };
        },
        sendSignal: (pid, name) => {
          this.signals.push(`${name} ${pid}`);
          if (name === 'SIGCONT') this.onContinue();
          return true;
        },
      },
      isSupervised,
      clock: this.clock,
      log: this.#recording.log,
    });
  }

  /** The worker stands still, by whatever. */
  freeze(processState: string): void {
    this.processState = processState;
    this.atSocket = SILENT;
    this.throughMaster.set(this.state.workerPid ?? 0, SILENT);
  }

  thaw(): void {
    this.processState = 'S';
    this.atSocket = null;
    this.throughMaster.clear();
  }

  async looks(count: number): Promise<void> {
    await this.clock.advance(count * LOOK_MS);
  }

  get said(): readonly string[] {
    return this.#recording.lines.filter(({ level }) => level !== 'info').map(({ msg }) => msg);
  }

  get news(): readonly string[] {
    return this.#recording.lines.filter(({ level }) => level === 'info').map(({ msg }) => msg);
  }

  lineOf(msg: string) {
    return this.#recording.lines.find((line) => line.msg.includes(msg));
  }

  #replaceWorker(): void {
    const { workerPid, oldWorkers } = this.state;
    this.atSocket = null;
    this.state = { ...this.state, workerPid: (workerPid ?? 0) + 1, oldWorkers: [...oldWorkers, workerPid ?? 0] };
  }
}

async function startedHaproxy(isSupervised = true): Promise<InventedHaproxy> {
  const haproxy = new InventedHaproxy(isSupervised);
  haproxy.watch.start();
  await haproxy.looks(2);
  assert.deepEqual(haproxy.said, []);
  return haproxy;
}

test('a worker that answers in time is left alone, also when one answer was lost', async () => {
  const haproxy = await startedHaproxy();
  haproxy.freeze('S');
  await haproxy.looks(1);
  haproxy.thaw();
  await haproxy.looks(5);
  assert.deepEqual([haproxy.said, haproxy.signals, haproxy.reloads], [[], [], 0]);
  assert.equal(haproxy.watch.problem, '');
});

test('a worker that a signal stopped is told to continue, and that is said', async () => {
  const haproxy = await startedHaproxy();
  haproxy.onContinue = () => haproxy.thaw();
  haproxy.freeze('T');
  await haproxy.looks(1);
  assert.deepEqual(haproxy.signals, []);
  await haproxy.looks(1);
  assert.deepEqual(haproxy.signals, ['SIGCONT 1']);
  const line = haproxy.lineOf('the worker of HAProxy does not answer');
  assert.deepEqual([line?.level, line?.process, line?.reason], ['error', 1, 'a signal stopped it (SIGSTOP)']);
  assert.match(
    haproxy.watch.problem,
    /worker of HAProxy \(pid 1\) does not answer since 20\d\d-.*: a signal stopped it/,
  );
  await haproxy.looks(10);
  assert.deepEqual(haproxy.news, ['the worker of HAProxy answers again']);
  assert.deepEqual([haproxy.said.length, haproxy.reloads, haproxy.watch.problem], [1, 0, '']);
});

test('one that stays silent is replaced, and ended when the new one answers', async () => {
  const haproxy = await startedHaproxy();
  haproxy.freeze('t');
  await haproxy.looks(3);
  assert.equal(haproxy.reloads, 0);
  await haproxy.looks(1);
  assert.deepEqual([haproxy.reloads, haproxy.state.oldWorkers], [1, [1]]);
  await haproxy.looks(2);
  assert.deepEqual(haproxy.signals, []);
  await haproxy.looks(1);
  assert.deepEqual(haproxy.signals, ['SIGKILL 1']);
  await haproxy.looks(20);
  assert.deepEqual([haproxy.signals.length, haproxy.reloads], [1, 1]);
  assert.deepEqual(haproxy.said, [
    'the worker of HAProxy does not answer',
    'HAProxy is reloaded: a new worker takes the place of the silent one',
    'the silent worker of HAProxy is ended (SIGKILL)',
  ]);
});

test('a silent worker that runs is never ended: it may come to its clients yet', async () => {
  const haproxy = await startedHaproxy();
  haproxy.freeze('R');
  await haproxy.looks(30);
  assert.deepEqual([haproxy.reloads, haproxy.signals], [1, []]);
});

test('an old worker that thaws finishes what it has begun', async () => {
  const haproxy = await startedHaproxy();
  haproxy.freeze('t');
  await haproxy.looks(5);
  haproxy.processState = 'S';
  haproxy.throughMaster.set(1, true);
  await haproxy.looks(30);
  assert.deepEqual([haproxy.reloads, haproxy.signals], [1, []]);
  assert.deepEqual(haproxy.news, ['the worker of HAProxy answers again']);
});

test('a reload that brings no worker is said and tried again; the silent one is ended when HAProxy is started from here', async () => {
  for (const [isSupervised, signals] of [
    [true, ['SIGKILL 1']],
    [false, []],
  ] as const) {
    const haproxy = await startedHaproxy(isSupervised);
    haproxy.isReloadDone = false;
    haproxy.freeze('t');
    await haproxy.looks(14);
    assert.deepEqual([haproxy.reloads, haproxy.signals], [2, signals]);
    assert.equal(haproxy.lineOf('did not take the reload')?.output, 'its own words');
  }
});

test('a process of another namespace gets no signal: its id is that of somebody else here', async () => {
  const haproxy = await startedHaproxy(false);
  haproxy.parent = 1;
  haproxy.freeze('T');
  await haproxy.looks(12);
  assert.deepEqual([haproxy.reloads, haproxy.signals], [1, []]);
  assert.match(String(haproxy.lineOf('cannot be ended from here')?.hint), /kill -9 1$/);
});

test('a new worker that still reads its configuration has a minute for it', async () => {
  const haproxy = await startedHaproxy();
  haproxy.freeze('R');
  haproxy.state = { ...haproxy.state, workerPid: 9, workerAgeMs: 1_000 };
  haproxy.throughMaster.set(9, SILENT);
  await haproxy.looks(10);
  assert.deepEqual([haproxy.said, haproxy.reloads], [[], 0]);
  haproxy.state = { ...haproxy.state, workerAgeMs: 61_000 };
  await haproxy.looks(4);
  assert.equal(haproxy.said[0], 'the worker of HAProxy does not answer');
});

test('a new worker that stands still before it has ever answered is replaced, too', async () => {
  const haproxy = await startedHaproxy();
  haproxy.freeze('D');
  haproxy.state = { ...haproxy.state, workerPid: 9, workerAgeMs: 1_000 };
  haproxy.throughMaster.set(9, SILENT);
  await haproxy.looks(4);
  assert.equal(haproxy.reloads, 1);
});

test('a master that was silent from the beginning is named, too', async () => {
  const haproxy = new InventedHaproxy();
  haproxy.atMaster = SILENT;
  haproxy.watch.start();
  await haproxy.looks(2);
  assert.deepEqual(haproxy.said, ['the master of HAProxy does not answer']);
});

test('a master without its socket is named when it is there and stays so: a reload takes it away for a moment', async () => {
  const haproxy = await startedHaproxy();
  haproxy.atMaster = ABSENT;
  await haproxy.looks(3);
  assert.deepEqual(haproxy.said, []);
  haproxy.processState = 'T';
  await haproxy.looks(1);
  assert.deepEqual([haproxy.said.length, haproxy.signals], [1, [`SIGCONT ${MASTER}`]]);

  const ended = await startedHaproxy();
  ended.atMaster = ABSENT;
  ended.processState = 'Z';
  await ended.looks(10);
  assert.deepEqual(ended.said, []);
});

test('a worker whose stats socket has all connections taken does not count as silent', async () => {
  const haproxy = await startedHaproxy();
  haproxy.atSocket = SILENT;
  await haproxy.looks(20);
  assert.deepEqual([haproxy.said, haproxy.reloads, haproxy.signals], [[], 0, []]);
});

test('a stats socket that was removed is said once: a reload would not bring it back', async () => {
  const haproxy = await startedHaproxy();
  haproxy.atSocket = ABSENT;
  await haproxy.looks(20);
  assert.deepEqual([haproxy.said.length, haproxy.reloads], [1, 0]);
  assert.match(haproxy.said[0] ?? '', /^the stats socket of HAProxy was removed/);
  assert.equal(haproxy.watch.problem, haproxy.said[0]);
  haproxy.atSocket = null;
  await haproxy.looks(1);
  assert.equal(haproxy.watch.problem, '');
});

test('a worker that never listened where the current release says is reloaded, once it has read its own', async () => {
  const haproxy = new InventedHaproxy();
  haproxy.atSocket = ABSENT;
  haproxy.state = { ...haproxy.state, workerAgeMs: 5_999 };
  haproxy.watch.start();
  await haproxy.looks(5);
  assert.equal(haproxy.reloads, 0);
  haproxy.state = { ...haproxy.state, workerAgeMs: 6_000 };
  await haproxy.looks(5);
  assert.equal(haproxy.reloads, 1);
  assert.ok(haproxy.lineOf('listens elsewhere than the current release says') !== undefined);
});

test('a reload of a worker that was asked to end is tried again each 30 s', async () => {
  const haproxy = await startedHaproxy();
  haproxy.isReloadDone = false;
  haproxy.atSocket = ABSENT;
  haproxy.throughMaster.set(1, true);
  await haproxy.looks(10);
  assert.equal(haproxy.reloads, 1);
  await haproxy.looks(1);
  assert.equal(haproxy.reloads, 2);
});

test('a worker that somebody else asked to end is replaced, if HAProxy is started from here', async () => {
  for (const [isSupervised, reloads] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const haproxy = await startedHaproxy(isSupervised);
    haproxy.atSocket = ABSENT;
    haproxy.throughMaster.set(1, true);
    await haproxy.looks(5);
    assert.deepEqual([haproxy.said.length, haproxy.reloads], [reloads, reloads]);
  }
});

test('a master that does not answer is said each time, and continues when a signal stopped it', async () => {
  const haproxy = await startedHaproxy();
  for (const count of [1, 2]) {
    haproxy.atMaster = SILENT;
    haproxy.processState = 'T';
    await haproxy.looks(5);
    assert.deepEqual(haproxy.signals, Array(count).fill(`SIGCONT ${MASTER}`));
    assert.match(haproxy.watch.problem, /the master of HAProxy \(pid 100\)/);
    haproxy.atMaster = null;
    await haproxy.looks(1);
    assert.deepEqual(haproxy.news, Array(count).fill('the master of HAProxy answers again'));
  }
  assert.deepEqual([haproxy.said.length, haproxy.reloads], [2, 0]);
});
