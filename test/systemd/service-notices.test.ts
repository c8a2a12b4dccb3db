/** What systemd is told, over a real socket and by the real program; the clock is the test's. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { takeNotifySocket } from '../../src/systemd/notify-socket.js';
import { ServiceNotices } from '../../src/systemd/service-notices.js';
import { temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { NotifyReceiver } from '../support/machine/notify-receiver.js';
import { createRecordingLog } from '../support/recording-log.js';

const WATCHDOG_USEC = '30000000';
const BEAT_MS = 15_000;

async function startTelling(context: TestContext, env: NodeJS.ProcessEnv = { WATCHDOG_USEC }) {
  const address = path.join(temporaryFolder(context, 'notify'), 'socket');
  const receiver = await NotifyReceiver.start(context, address);
  const service = { isReady: false, status: 'not ready: no app' };
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const socket = takeNotifySocket({ NOTIFY_SOCKET: address, PATH: process.env.PATH, ...env });
  const notices = ServiceNotices.start(socket, { clock, log, condition: () => service });
  assert.ok(notices !== null);
  /** The next message, as soon as it has come. */
  const next = async (count: number): Promise<readonly string[] | undefined> => {
    await eventually(`message ${count} has come`, () => receiver.messages.length >= count);
    return receiver.messages[count - 1];
  };
  return { service, clock, lines, notices, receiver, next };
}

test('a start gets more time with each beat, and READY comes as soon as the service is ready', async (context) => {
  const { service, clock, next } = await startTelling(context);
  const moreTime = 'EXTEND_TIMEOUT_USEC=45000000';
  assert.deepEqual(await next(1), [moreTime, 'WATCHDOG=1', 'STATUS=not ready: no app']);
  await clock.advance(BEAT_MS);
  assert.deepEqual(await next(2), [moreTime, 'WATCHDOG=1']);
  service.isReady = true;
  service.status = 'apps: 1';
  await clock.advance(100);
  assert.deepEqual(await next(3), ['READY=1', 'WATCHDOG=1', 'STATUS=apps: 1']);
});

test('each half of the watchdog time it lives, and says what has changed; a loop that stands still says nothing', async (context) => {
  const { service, clock, receiver, next } = await startTelling(context);
  await next(1);
  service.isReady = true;
  await clock.advance(100);
  await next(2);
  await clock.advance(BEAT_MS);
  assert.deepEqual(await next(3), ['WATCHDOG=1']);
  service.isReady = false;
  service.status = 'not ready: no slot is bound';
  await clock.advance(BEAT_MS - 1);
  clock.jump(4 * BEAT_MS);
  assert.equal(receiver.messages.length, 3);
  await clock.advance(1);
  assert.deepEqual(await next(4), ['WATCHDOG=1', 'STATUS=not ready: no slot is bound']);
});

test('without a watchdog only news are sent', async (context) => {
  const { service, clock, receiver, next } = await startTelling(context, {});
  await next(1);
  service.isReady = true;
  await clock.advance(100);
  assert.deepEqual(await next(2), ['READY=1']);
  await clock.advance(60_000);
  service.status = 'apps: 2\nof 3';
  await clock.advance(10_000);
  assert.deepEqual(await next(3), ['STATUS=apps: 2 of 3']);
  assert.equal(receiver.messages.length, 3);
});

test('the stop is said with the time that it may take, and nothing after it', async (context) => {
  const { clock, notices, receiver, next } = await startTelling(context);
  await next(1);
  notices.stopping(25_000);
  assert.deepEqual(await next(2), ['STOPPING=1', 'STATUS=stopping', 'EXTEND_TIMEOUT_USEC=35000000']);
  await clock.advance(4 * BEAT_MS);
  assert.equal(receiver.messages.length, 2);
});

test('a missing program is logged once and not tried again; a socket that comes back is told READY', async (context) => {
  const folder = temporaryFolder(context, 'notify');
  const address = path.join(folder, 'socket');
  for (const [PATH, isMissing] of [
    [folder, true],
    [process.env.PATH, false],
  ] as const) {
    const clock = new FakeClock();
    const { log, lines } = createRecordingLog();
    const socket = takeNotifySocket({ NOTIFY_SOCKET: address, WATCHDOG_USEC, PATH });
    ServiceNotices.start(socket, { clock, log, condition: () => ({ isReady: true, status: 'apps: 1' }) });
    await eventually('it is logged', () => lines.length === 1);
    assert.match(JSON.stringify(lines), /"level":"warn".*systemd is not told how the service does/);
    if (isMissing) {
      assert.deepEqual(clock.waits(), []);
      continue;
    }
    const receiver = await NotifyReceiver.start(context, address);
    await clock.advance(BEAT_MS);
    await receiver.until('READY=1');
    await receiver.until('STATUS=apps: 1');
    assert.equal(lines.length, 1);
  }
});

test('what systemd said is taken out of the environment; a watchdog for another process is not ours', () => {
  const env: NodeJS.ProcessEnv = {
    NOTIFY_SOCKET: '@systemd',
    WATCHDOG_USEC,
    WATCHDOG_PID: '7',
    PATH: '/bin',
    HOME: '/',
  };
  const taken = takeNotifySocket(env, 7);
  assert.deepEqual(taken, { address: '@systemd', watchdogMs: 30_000, searchPath: '/bin' });
  assert.deepEqual(env, { PATH: '/bin', HOME: '/' });
  const other = takeNotifySocket({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC, WATCHDOG_PID: '7' }, 8);
  assert.equal(other?.watchdogMs, null);
  assert.equal(takeNotifySocket({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: 'x' })?.watchdogMs, null);
  assert.equal(takeNotifySocket({ WATCHDOG_USEC }), null);
});
