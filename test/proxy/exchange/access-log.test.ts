/** What stands in a line, as readers of HAProxy's log expect it; and that a line which cannot be written costs nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const GET = 'GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n';
const accessLog = (): void => {
  throw new Error('the disk is gone');
};

for (const protocol of ['http', 'tcp'] as const) {
  test(`${protocol}: a log that throws costs its lines, and is told of once`, async (context) => {
    const instance = await ScriptedInstance.start(context, answering(okResponse('hello')));
    const { log, lines } = createRecordingLog();
    const slot = { protocol, instances: [instanceOf(instance)] };
    const plane = await TestPlane.start(context, { slot, accessLog, log });
    for (let turn = 0; turn < 5; turn += 1) {
      const client = await plane.connect();
      for (let request = 0; request < 3; request += 1) {
        client.write(GET);
        assert.equal((await client.response()).body, 'hello');
      }
      client.close();
    }
    await eventually('all is over', () => plane.counters.openConnections === 0 && plane.counters.inFlight === 0);
    const said = lines.filter(({ msg }) => msg === 'a line could not be written to the access log');
    assert.equal(said.length, 1);
    assert.match(JSON.stringify(said[0]), /the disk is gone/);
  });
}

for (const [protocol, times, counts, request] of [
  ['http', '0/0/0/1501/1501 200', '1/1/0/0/0', ' {shop.example} "GET /#22 HTTP/1.1"'],
  ['tcp', '0/0/1501', '1/1/0/0/0', ''],
] as const) {
  test(`${protocol}: a line says who, where, how long, how much and how many`, async (context) => {
    const clock = new FakeClock();
    const instance = await ScriptedInstance.start(context, ({ socket }) => {
      socket.on('end', () => socket.end());
    });
    const plane = await TestPlane.start(context, { clock, slot: { protocol, instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    const { localAddress, localPort } = client.socket;
    client.write('GET /" HTTP/1.1\r\nHost: shop.example\r\n\r\n');
    const upstream = await instance.connection(0);
    await upstream.until((text) => text.endsWith('\r\n\r\n'));
    const at = new Date(clock.wallTime()).toISOString();
    await clock.advance(1_500.6);
    const answer = okResponse('hello');
    upstream.write(answer);
    await client.until((text) => text.endsWith('hello'));
    client.close();
    await eventually('it is logged', () => plane.accessLog.length === 1);
    const sent = `${answer.length} ${protocol === 'http' ? '- - ----' : '--'}`;
    assert.equal(
      plane.accessLog[0],
      `${localAddress}:${localPort} [${at}] slot:${plane.port} shop/${instanceOf(instance).id} ` +
        `${times} ${sent} ${counts} 0/0${request}\n`,
    );
  });
}

test('the times of a request part what it waited for: its head, its turn, and the answer on a kept connection', async (context) => {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context, () => {});
  const slot = { limits: { connections: 1, queue: 9 }, instances: [instanceOf(instance)] };
  const plane = await TestPlane.start(context, { clock, slot });
  const [first, second] = [await plane.connect(), await plane.connect()];
  first.write(GET);
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  second.write('GET /b HTTP/1.1\r\n');
  await eventually('its line is there', () => plane.counters.openConnections === 2 && plane.counters.inFlight === 1);
  await clock.advance(0);
  await clock.advance(300);
  second.write('Host: shop.example\r\n\r\n');
  await eventually('it waits', () => plane.counters.queued === 1);
  await clock.advance(200);
  upstream.write(okResponse('a'));
  await upstream.until((text) => text.includes('GET /b') && text.endsWith('\r\n\r\n'));
  await clock.advance(700);
  upstream.write(okResponse('b'));
  assert.equal((await second.response()).body, 'b');
  const times = plane.accessLog.map((line) => /(\d+\/){4}\d+ 200/.exec(line)?.[0]);
  assert.deepEqual(times, ['0/0/0/500/500 200', '300/200/0/700/1200 200']);
});

test('who is gone within a head, or is cut there, has a line, and who sent nothing has none', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('hello')));
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)] },
    logFormat: '%ST %tsc %r',
  });
  for (const text of ['', 'GET / HT', 'GET / HT']) {
    const before = plane.counters.bytesIn;
    const client = await plane.connect();
    client.write(text);
    await eventually('it has come', () => plane.counters.bytesIn === before + text.length);
    if (plane.accessLog.length === 1) await plane.plane.drain(0);
    else client.socket.resetAndDestroy();
    await eventually('it is gone', () => plane.counters.openConnections === 0);
  }
  assert.deepEqual(plane.accessLog, ['-1 CR-- <BADREQ>\n', '-1 D--- <BADREQ>\n']);
  assert.deepEqual(plane.counters.errors, { HEAD_INCOMPLETE: 1, STOPPING: 1 });
  assert.deepEqual([plane.counters.requests, plane.counters.inFlight], [2, 0]);
});
