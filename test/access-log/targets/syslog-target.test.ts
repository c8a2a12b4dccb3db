/** Lines as datagrams of RFC 5424 that a real socket receives, and a receiver that is not there. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { SyslogTarget } from '../../../src/access-log/targets/syslog-target.js';
import { ownAddress } from '../../support/addresses.js';
import { atEnd } from '../../support/at-end.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { createRecordingLog } from '../../support/recording-log.js';

const BURST_MS = 50;
const HEADER = '<150>1 2024-01-01T00:00:01.000Z node-a1 autoproxy 77 - - ';

interface Receiver {
  readonly socket: Socket;
  readonly messages: string[];
  readonly port: number;
}

async function receive(context: TestContext, host: string, port = 0): Promise<Receiver> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1_000_000 });
  const messages: string[] = [];
  socket.on('message', (message) => messages.push(message.toString('latin1')));
  socket.bind(port, host);
  await once(socket, 'listening');
  let isOpen = true;
  socket.on('close', () => {
    isOpen = false;
  });
  atEnd(context, () => {
    if (isOpen) socket.close();
  });
  return { socket, messages, port: socket.address().port };
}

function world(host: string, port: number) {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const target = new SyslogTarget({ host, port, facility: 18, hostname: 'node-a1', pid: 77, clock, log });
  const write = (text: string): void => {
    const line = target.begin();
    if (line === null) return;
    line.text(text);
    target.end();
  };
  return { clock, lines, target, write };
}

test('each line is one message with the header of RFC 5424', async (context) => {
  const host = ownAddress();
  const { messages, port } = await receive(context, host);
  const { target, write } = world(host, port);
  for (let number = 0; number < 200; number += 1) write(`line ${number}`);
  await target.flush(1_000);
  await eventually('all have come', () => messages.length === 200);
  assert.deepEqual(
    messages,
    Array.from({ length: 200 }, (_, number) => `${HEADER}line ${number}`),
  );
  assert.equal(target.dropped, 0);
});

test('a line that receivers would refuse is cut', async (context) => {
  const host = ownAddress();
  const { messages, port } = await receive(context, host);
  const { clock, write } = world(host, port);
  write('x'.repeat(60_000));
  await clock.advance(BURST_MS);
  await eventually('it has come', () => messages.length === 1);
  assert.equal(messages[0], HEADER + 'x'.repeat(8_192 - HEADER.length));
});

test('a receiver that is not there is left alone for a second; its lines are counted and not made', async (context) => {
  const host = ownAddress();
  const gone = await receive(context, host);
  gone.socket.close();
  const { clock, lines, target, write } = world(host, gone.port);
  // The kernel tells of the first message with the next one.
  await eventually('it is noticed', () => {
    write('lost');
    return lines.length === 1;
  });
  assert.match(JSON.stringify(lines[0]), /ECONNREFUSED/);
  const dropped = target.dropped;
  assert.ok(dropped > 0);
  for (let number = 0; number < 1_000; number += 1) assert.equal(target.begin(), null);
  assert.equal(target.dropped, dropped + 1_000);
  assert.deepEqual([target.waiting, target.failure], [0, lines[0]?.reason]);
  assert.equal(lines.length, 1);
  target.writeNow();
  assert.equal(lines.length, 2);
  assert.deepEqual(
    [Number(lines[0]?.lost) + Number(lines[1]?.lost), lines[1]?.receiver],
    [target.dropped, `${host}:${gone.port}`],
  );
  assert.match(String(lines[1]?.reason), /ECONNREFUSED/);
  const { messages } = await receive(context, host, gone.port);
  await clock.advance(1_000);
  assert.equal(target.failure, null);
  write('back');
  await clock.advance(BURST_MS);
  await eventually('it comes', () => messages.length > 0);
  assert.match(messages.at(-1) ?? '', / - - back$/);
});

for (const count of [1, 2, 16, 17, 40])
  test(`of ${count} lines for a receiver of this machine that is not there, each counts as dropped`, async (context) => {
    const host = ownAddress();
    const gone = await receive(context, host);
    gone.socket.close();
    const { clock, target, write } = world(host, gone.port);
    for (let number = 0; number < count; number += 1) write('lost');
    await clock.advance(BURST_MS);
    await target.flush(1_000);
    await eventually('each is counted', () => target.dropped >= count);
    assert.equal(target.dropped, count);
  });

test('messages go out together, the last ones a moment later, and at the end of the process at once', async (context) => {
  const host = ownAddress();
  const { messages, port } = await receive(context, host);
  const { clock, target, write } = world(host, port);
  write('first');
  await target.flush(1_000);
  for (let number = 0; number < 20; number += 1) write(`line ${number}`);
  await eventually('a burst has come', () => messages.length === 17);
  await clock.advance(BURST_MS - 1);
  assert.equal(messages.length, 17);
  await clock.advance(1);
  await eventually('the rest has come', () => messages.length === 21);
  write('last');
  target.writeNow();
  await eventually('it has come', () => messages.length === 22);
  assert.equal(target.dropped, 0);
});
