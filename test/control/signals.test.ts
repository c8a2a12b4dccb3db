/** Sent to this very process: what the signals of a node mean, and that a released one means nothing any more. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Signals } from '../../src/control/signals.js';
import { atEnd } from '../support/at-end.js';

const ALL = ['SIGTERM', 'SIGUSR1', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR2'] as const;

function listen(context: TestContext) {
  const signals = new Signals();
  atEnd(context, () => signals.release());
  const seen: string[] = [];
  signals.on('reload', () => seen.push('reload'));
  signals.on('roll', () => seen.push('roll'));
  void signals.stopRequested().then(() => seen.push('stop'));
  void signals.stopNowRequested().then(() => seen.push('stop now'));
  return { signals, seen };
}

/** Resolves when the process has got it and promises have settled. */
async function send(signal: NodeJS.Signals): Promise<void> {
  // A handler of signals keeps no process alive.
  const keepAlive = setInterval(() => {}, 1_000);
  const arrived = once(process, signal);
  process.kill(process.pid, signal);
  await arrived;
  clearInterval(keepAlive);
  await new Promise((resolve) => setImmediate(resolve));
}

for (const signal of ['SIGTERM', 'SIGUSR1', 'SIGINT'] as const) {
  test(`${signal} asks for a stop, and not for one now`, async (context) => {
    const { seen } = listen(context);
    await send(signal);
    assert.deepEqual(seen, ['stop']);
  });
}

test('QUIT asks for both', async (context) => {
  const { seen } = listen(context);
  await send('SIGQUIT');
  assert.deepEqual(seen.sort(), ['stop', 'stop now']);
});

test('an INT after any request to stop means now; a second TERM does not: supervisors repeat it', async (context) => {
  const { seen } = listen(context);
  await send('SIGTERM');
  await send('SIGTERM');
  assert.deepEqual(seen, ['stop']);
  await send('SIGINT');
  assert.deepEqual(seen, ['stop', 'stop now']);
});

test('HUP and USR2 are heard each time', async (context) => {
  const { seen } = listen(context);
  for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGHUP'] as const) await send(signal);
  assert.deepEqual(seen, ['reload', 'roll', 'reload']);
});

test('a part that asks after the signal is told, too', async (context) => {
  const { signals } = listen(context);
  await send('SIGTERM');
  await signals.stopRequested();
});

test('a signal before anybody listens does not end the process', async (context) => {
  const signals = new Signals();
  atEnd(context, () => signals.release());
  await send('SIGHUP');
  await send('SIGUSR2');
});

test('released, no handler is left', () => {
  const before = ALL.map((signal) => process.listenerCount(signal));
  const signals = new Signals();
  assert.deepEqual(
    ALL.map((signal) => process.listenerCount(signal)),
    before.map((count) => count + 1),
  );
  signals.release();
  assert.deepEqual(
    ALL.map((signal) => process.listenerCount(signal)),
    before,
  );
});
