/** What becomes of workers is in the history of the node, in few events however often they die. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppEvents } from '../../src/report/app-events.js';
import { WorkerEvents } from '../../src/report/worker-events.js';
import { FakeClock } from '../support/fake-clock.js';

const KILLED = { code: null, signal: 'SIGKILL', error: null, wasDraining: false, wasHung: false, hasServed: true };

function createHistory() {
  const clock = new FakeClock();
  const events = new AppEvents(clock);
  const texts = (): string[] => events.ofNode().map(({ kind, text }) => `${kind}: ${text}`);
  return { clock, workers: new WorkerEvents(clock, events), events, texts };
}

test('a death says how and what it cost, and the successor is told once it serves', () => {
  const { workers, events, texts } = createHistory();
  workers.onWorkerServes({ index: 0, pid: 10 });
  workers.onWorkerDied({ index: 0, pid: 10 }, KILLED);
  workers.onWorkerServes({ index: 1, pid: 11 });
  workers.onWorkerServes({ index: 0, pid: 12 });
  workers.onWorkerDied({ index: 0, pid: 12 }, { ...KILLED, wasHung: true });
  workers.onWorkerDied({ index: 0, pid: 13 }, { ...KILLED, signal: null, code: 9, hasServed: false });
  workers.onWorkerServes({ index: 0, pid: 14 });
  workers.onWorkerDied({ index: 1, pid: 11 }, { ...KILLED, signal: 'SIGSEGV', wasDraining: true });
  workers.onWorkerServes({ index: 1, pid: 15 });
  assert.deepEqual(texts(), [
    'worker-died: worker 0 (pid 10) was ended by SIGKILL: its clients were cut',
    'worker-serves: worker 0 serves again, pid 12',
    'worker-died: worker 0 (pid 12) did not answer and was killed: its clients were cut',
    'worker-died: worker 0 (pid 13) ended with exit code 9: it had not served yet',
    'worker-serves: worker 0 serves again, pid 14',
    'worker-died: worker 1 (pid 11) was ended by SIGSEGV while it drained: its clients were cut',
  ]);
  assert.deepEqual(
    events.ofNode().flatMap(({ after }) => after ?? []),
    ['SIGKILL', 'hung', 'exit code 9', 'SIGSEGV'],
  );
});

test('a crash loop is a few events, however long it goes on, and one when it is over', async () => {
  const { clock, workers, texts } = createHistory();
  for (let pid = 100; pid < 1_100; pid += 1) {
    workers.onWorkerDied({ index: pid % 4, pid }, KILLED);
    workers.onWorkerServes({ index: pid % 4, pid: pid + 1 });
    await clock.advance(30_000);
  }
  assert.equal(texts().length, 16);
  assert.match(texts()[14] ?? '', /pid 107.*; that was the 8th in a row, and further ones are one event at its end$/);
  await clock.advance(300_000);
  assert.equal(
    texts()[16],
    'worker-serves: no worker died for 5m; from 2024-01-01T00:00:01.000Z on they died 1000 times, last worker 3 ' +
      '(pid 1099) was ended by SIGKILL',
  );
  workers.onWorkerDied({ index: 0, pid: 2_000 }, KILLED);
  assert.equal(texts()[17], 'worker-died: worker 0 (pid 2000) was ended by SIGKILL: its clients were cut');
  assert.equal(texts().length, 18);
});

test('a roll, those whom it cut, and its failure', () => {
  const { workers, texts } = createHistory();
  workers.onRolled(2, 15_000);
  workers.onRolled(1, 0);
  workers.onDrainCut({ index: 1, pid: 8 }, 3);
  workers.onDrainCut({ index: 0, pid: 7 }, 1);
  workers.onRollFailed('worker 1 (pid 9) ended before it served');
  assert.deepEqual(texts(), [
    'rolled: all 2 workers were replaced, one after another, as SIGUSR2 asks; what clients had under way may end for 15s',
    'rolled: the worker was replaced, as SIGUSR2 asks; what clients had under way may end for 0ms',
    'drain-cut: worker 1 (pid 8), which was replaced, cut 3 clients: what they had under way did not end in time',
    'drain-cut: worker 0 (pid 7), which was replaced, cut 1 client: what they had under way did not end in time',
    'roll-failed: not all workers were replaced: worker 1 (pid 9) ended before it served',
  ]);
});
