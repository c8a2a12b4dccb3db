/** Lines for a socket such as /dev/log, by a real logger: each is a message, and what its receiver or it itself loses is counted. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { LoggerTarget } from '../../../src/access-log/targets/logger-target.js';
import { atEnd, temporaryFolder } from '../../support/at-end.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { findProgram } from '../../support/machine/components.js';
import { receiveDatagrams } from '../../support/machine/datagram-receiver.js';
import { childrenOf, isAlive } from '../../support/machine/processes.js';
import { startRsyslog } from '../../support/machine/rsyslog.js';
import { createRecordingLog } from '../../support/recording-log.js';

const HEADER = /^<150>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d autoproxy\[(\d+)\]: /;
const FAILED = 'sending the access log to syslog failed; serving continues';
const AGAIN = 'the access log is written again';
const FLUSH_MS = 250;
const PAUSE_MS = 1_000;
/** Longer than what a logger got may be under way. */
const CALM_MS = 2_000;

function world(context: TestContext) {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const socket = path.join(temporaryFolder(context, 'syslog'), 'log');
  const messages: string[] = [];
  let written = 0;
  let ends = 0;
  /** Asked when a logger has ended: how long the pause is to be. */
  const random = (): number => {
    ends += 1;
    return 1;
  };
  const open = (): LoggerTarget => {
    const target = new LoggerTarget({ socket, facility: 'local2', pid: process.pid, clock, random, log });
    atEnd(context, () => {
      for (const pid of loggers()) process.kill(pid, 'SIGKILL');
    });
    return target;
  };
  const loggers = (): readonly number[] =>
    childrenOf(process.pid).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`\0--socket\0${socket}\0`),
    );
  const logger = async (): Promise<number> => {
    await eventually('logger is there', () =>
      loggers().some((pid) => readFileSync(`/proc/${pid}/comm`, 'latin1') === 'logger\n'),
    );
    return loggers()[0] ?? 0;
  };
  return {
    ...{ clock, lines, socket, messages, open, loggers, logger },
    said: () => lines.map(({ msg }) => msg),
    reasons: () => lines.map(({ reason }) => String(reason)),
    receive: () => receiveDatagrams(context, socket, (text) => messages.push(text.replace(HEADER, ''))),
    write: (target: LoggerTarget, times = 1, more = ''): void => {
      for (let time = 0; time < times; time += 1) {
        const line = target.begin();
        line?.text(`line ${written}${more}`);
        if (line !== null) target.end();
        written += 1;
      }
    },
    written: () => written,
    ends: () => ends,
  };
}

test('each line is one message with the header of syslog(3), in order', async (context) => {
  const { clock, socket, open, write, lines, logger } = world(context);
  const messages: string[] = [];
  await receiveDatagrams(context, socket, (text) => messages.push(text));
  const target = open();
  await logger();
  write(target, 10);
  await clock.advance(FLUSH_MS);
  // Blocks of their own, none of which waits for a flush.
  write(target, 3_000, ` ${'x'.repeat(100)}`);
  await clock.advance(FLUSH_MS);
  await eventually('all have come', () => messages.length === 3_010);
  assert.deepEqual(
    messages.map((message) => [HEADER.exec(message)?.[1], message.replace(HEADER, '').split(' x')[0]]),
    Array.from({ length: 3_010 }, (_, number) => [String(process.pid), `line ${number}`]),
  );
  assert.equal(target.dropped, 0);
  assert.deepEqual(lines, []);
});

test('rsyslog reads facility, severity, program and process from it, and the line as it is; a restart costs nothing', async (context) => {
  const { clock, socket, open, write, lines, logger } = world(context);
  const folder = path.dirname(socket);
  const rsyslog = await startRsyslog(context, folder);
  const target = open();
  await logger();
  write(target, 1, ' 10.0.0.1:80 [x] {a|b} "GET /#22 HTTP/1.1"');
  await clock.advance(FLUSH_MS);
  await eventually('it is there', () => rsyslog.records().length === 1);
  assert.deepEqual(rsyslog.records()[0], {
    ...{ facility: 'local2', severity: 'info', programname: 'autoproxy', procid: String(process.pid) },
    msg: ' line 0 10.0.0.1:80 [x] {a|b} "GET /#22 HTTP/1.1"',
  });
  await rsyslog.stop();
  const next = await startRsyslog(context, folder);
  write(target, 2);
  await clock.advance(FLUSH_MS);
  await eventually('they are there', () => next.records().length === 3);
  assert.deepEqual([target.dropped, lines], [0, []]);
});

test('a line that receivers would refuse is cut, and is one message', async (context) => {
  const { clock, open, write, receive, messages, logger } = world(context);
  await receive();
  const target = open();
  await logger();
  write(target, 1, 'x'.repeat(60_000));
  write(target);
  await clock.advance(FLUSH_MS);
  await eventually('both have come', () => messages.length === 2);
  assert.deepEqual(messages, [`line 0${'x'.repeat(8_136 - 'line 0'.length)}`, 'line 1']);
});

test('a socket that is not there: said once, tried again, and what has waited is sent', async (context) => {
  const { clock, socket, open, write, receive, messages, said, reasons, loggers } = world(context);
  const target = open();
  assert.deepEqual(reasons(), [`there is no socket ${socket}`]);
  write(target, 100);
  await clock.advance(10 * PAUSE_MS);
  assert.deepEqual([said(), loggers(), target.dropped], [[FAILED], [], 0]);
  await receive();
  await clock.advance(PAUSE_MS + FLUSH_MS);
  await eventually('all have come', () => messages.length === 100);
  await eventually('it is said', () => said().length === 2);
  assert.deepEqual([said(), target.dropped], [[FAILED, AGAIN], 0]);
});

test('a directory at the path, and a socket that nobody reads any more, are named and cost no line', async (context) => {
  const { socket, open, receive, reasons } = world(context);
  mkdirSync(socket);
  open();
  assert.equal(reasons()[0], `${socket} is a directory, not a socket`);
  rmSync(socket, { recursive: true });
  await (await receive()).stop();
  const other = world(context);
  symlinkSync(socket, other.socket);
  const target = other.open();
  // More than a block, before logger can know.
  other.write(target, 200, 'x'.repeat(100));
  await eventually('it is said', () => other.lines.length === 1);
  assert.equal(target.dropped, 0);
  assert.equal(other.reasons()[0], `logger: socket ${other.socket}: Connection refused`);
});

test('a receiver that ends costs the lines that logger had, and they are counted', async (context) => {
  const { clock, socket, open, write, written, receive, messages, said, reasons, logger } = world(context);
  const gone = await receive();
  const target = open();
  await logger();
  write(target, 10);
  await clock.advance(FLUSH_MS);
  await eventually('they have come', () => messages.length === 10);
  await gone.stop();
  rmSync(socket);
  await clock.advance(CALM_MS);
  write(target, 20);
  await clock.advance(FLUSH_MS);
  await eventually('it is said', () => said().length === 1);
  assert.deepEqual([said(), target.dropped], [[FAILED], 20]);
  assert.match(reasons()[0] ?? '', /No such file or directory$/);
  write(target, 30);
  await receive();
  await clock.advance(PAUSE_MS + 2 * FLUSH_MS);
  await eventually('the next ones come', () => messages.length === 40);
  assert.equal(messages.length + target.dropped, written());
});

test('a logger that is killed is followed by another one, after a pause; what it may have had is counted', async (context) => {
  const { clock, open, write, written, receive, messages, said, reasons, logger, loggers, ends } = world(context);
  await receive();
  const target = open();
  const first = await logger();
  write(target, 10);
  await clock.advance(FLUSH_MS);
  await eventually('they have come', () => messages.length === 10);
  await clock.advance(CALM_MS);
  process.kill(first, 'SIGSTOP');
  write(target, 20);
  await clock.advance(FLUSH_MS);
  process.kill(first, 'SIGKILL');
  await eventually('it is said', () => said().length === 1);
  assert.deepEqual(reasons(), ['logger was ended by SIGKILL']);
  assert.equal(target.dropped, 20);
  write(target, 30);
  await clock.advance(FLUSH_MS);
  assert.deepEqual(loggers(), []);
  await clock.advance(PAUSE_MS);
  await logger();
  await clock.advance(FLUSH_MS);
  await eventually('the next ones come', () => messages.length === 40);
  assert.equal(messages.length + target.dropped, written());
  assert.deepEqual(said(), [FAILED, AGAIN]);
  // The pause is as long as the first one, since lines have gone out between.
  process.kill(await logger(), 'SIGKILL');
  await eventually('its end is known', () => ends() === 2);
  write(target);
  await clock.advance(PAUSE_MS);
  await logger();
});

for (const who of ['logger', 'receiver'] as const)
  test(`a ${who} that stands still holds nobody up: what is too much is dropped, the rest is sent when it goes on`, async (context) => {
    const { clock, open, write, written, receive, messages, said, reasons, logger } = world(context);
    const receiver = await receive();
    const target = open();
    const ofLogger = await logger();
    const pid = who === 'logger' ? ofLogger : receiver.pid;
    await clock.advance(FLUSH_MS);
    process.kill(pid, 'SIGSTOP');
    write(target, 6_000, 'x'.repeat(1_000));
    const { dropped } = target;
    assert.ok(dropped > 0);
    assert.deepEqual([said(), reasons()], [[FAILED], ['too many lines wait to be written']]);
    process.kill(pid, 'SIGCONT');
    await eventually('the rest has come', () => messages.length + dropped === written());
    assert.equal(target.dropped, dropped);
    assert.deepEqual(said(), [FAILED, AGAIN]);
  });

test('a flush has all sent, and logger gone', async (context) => {
  const { open, write, receive, messages, logger } = world(context);
  await receive();
  const target = open();
  write(target, 5_000);
  const pid = await logger();
  await target.flush(60_000);
  assert.equal(isAlive(pid), false);
  await eventually('all have come', () => messages.length === 5_000);
  target.writeNow();
  assert.equal(target.dropped, 0);
});

test('a flush does not wait for a logger that stands still: it is killed, and what it held is counted', async (context) => {
  const { clock, open, write, receive, messages, logger, reasons } = world(context);
  await receive();
  const target = open();
  const pid = await logger();
  process.kill(pid, 'SIGSTOP');
  // The first wait in its input, the others fill it.
  for (const lines of [10, 5_000]) {
    write(target, lines, 'x'.repeat(100));
    await clock.advance(CALM_MS);
  }
  const flushed = target.flush(1_000);
  await clock.advance(1_000);
  await flushed;
  target.writeNow();
  await eventually('logger is gone', () => !isAlive(pid));
  assert.deepEqual([messages.length, target.dropped], [0, 5_010]);
  assert.deepEqual(reasons(), ['logger did not send its last lines in time']);
});

test('the last moment of a process: logger takes what waits, and sends it', async (context) => {
  const { open, write, receive, messages, logger } = world(context);
  await receive();
  const target = open();
  await logger();
  write(target, 100);
  target.writeNow();
  assert.equal(target.dropped, 0);
  await eventually('all have come', () => messages.length === 100);
});

test('lines without a socket are told when their process ends, at once', async (context) => {
  const { socket, open, write, lines } = world(context);
  const target = open();
  write(target, 100);
  await target.flush(1_000);
  target.writeNow();
  assert.equal(target.dropped, 100);
  const { reason, lost, socket: place } = lines[1] ?? assert.fail('the loss is said');
  assert.deepEqual([lines.length, reason, lost, place], [2, `there is no socket ${socket}`, 100, socket]);
});

test('signals that stop a node leave logger to its last lines', async (context) => {
  const { clock, open, write, receive, messages, logger, loggers } = world(context);
  await receive();
  const target = open();
  const pid = await logger();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.kill(pid, signal);
  write(target);
  await clock.advance(FLUSH_MS);
  await eventually('it has come', () => messages.length === 1);
  assert.deepEqual([loggers(), target.dropped], [[pid], 0]);
});

/** @returns a folder, the only one where programs are found: that of a shell alone */
function hidePrograms(context: TestContext): string {
  const { PATH } = process.env;
  const folder = temporaryFolder(context, 'programs');
  symlinkSync(findProgram('sh') ?? '', path.join(folder, 'sh'));
  process.env.PATH = folder;
  atEnd(context, () => {
    process.env.PATH = PATH;
  });
  return folder;
}

test('a logger that ends at once is started less and less often', async (context) => {
  const { clock, socket, open, write, receive, ends } = world(context);
  await receive();
  const starts = `${socket}.starts`;
  const started = (): number => (existsSync(starts) ? readFileSync(starts, 'latin1').split('\n').length - 1 : 0);
  const script = `#!/bin/sh\necho started >> ${starts}\nexit 1\n`;
  writeFileSync(path.join(hidePrograms(context), 'logger'), script, { mode: 0o755 });
  write(open());
  for (const [index, pauseMs] of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
    await eventually('its end is known', () => ends() === index + 1);
    await clock.advance(pauseMs - FLUSH_MS);
    assert.equal(started(), index + 1);
    await clock.advance(FLUSH_MS);
    await eventually('the next one has started', () => started() === index + 2);
  }
});

test('a machine without logger is told which package has it', async (context) => {
  const { open, receive, reasons } = world(context);
  await receive();
  hidePrograms(context);
  open();
  await eventually('it is said', () => reasons().length === 1);
  assert.match(reasons()[0] ?? '', /^there is no program logger: it is in the package bsdutils of Debian/);
});
