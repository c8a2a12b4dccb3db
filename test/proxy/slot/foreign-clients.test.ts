/**
 * Clients that speak another protocol than the slot's: HTTP/2 with prior knowledge, TLS, a PROXY header. Nothing of it
 * reaches an instance; HTTP/2 gets an answer in its own frames, and the log says who came, with what, and what to do.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { encodeV1, encodeV2 } from '../../../src/proxy-protocol/encode.js';
import { atEnd } from '../../support/at-end.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const ADDRESSES = {
  source: { address: '192.0.2.1', port: 1_000 },
  destination: { address: '192.0.2.2', port: 80 },
} as const;

async function start(context: TestContext, clock?: FakeClock) {
  const instance = await ScriptedInstance.start(context, answering(okResponse('hello')));
  const { log, lines } = createRecordingLog();
  const options = { slot: { instances: [instanceOf(instance)] }, log };
  const plane = await TestPlane.start(context, clock === undefined ? options : { ...options, clock });
  return { instance, plane, lines };
}

function curl(...args: readonly string[]): Promise<{ readonly code: unknown; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile('curl', ['-sSv', '--max-time', '20', ...args], (error, _stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    );
  });
}

test('curl with prior knowledge of HTTP/2 shows a GOAWAY with HTTP_1_1_REQUIRED, and the log what to do', async (context) => {
  const { instance, plane, lines } = await start(context);
  const { code, stderr } = await curl('--http2-prior-knowledge', `http://${plane.host}:${plane.port}/`);
  // CURLE_HTTP2; an empty reply would be 52.
  assert.equal(code, 16, stderr);
  assert.match(stderr, /GOAWAY, error=13/);
  assert.equal(instance.connections.length, 0);
  const [line] = lines.filter(({ level }) => level === 'warn');
  assert.equal(line?.app, 'shop');
  assert.equal(line?.port, plane.port);
  assert.equal(line?.peer, '127.0.0.1');
  assert.equal(line?.problem, 'HTTP2_UNEXPECTED');
  assert.match(String(line?.remedy), /protocol: tcp/);
  assert.equal(plane.counters.errors.HTTP2_UNEXPECTED, 1);
  assert.match(plane.accessLog.join(''), / 505 \d+ - - PR-- .*"<BADREQ>"/);
});

test("Node's HTTP/2 client is told why, and its session ends", async (context) => {
  const { plane } = await start(context);
  const session = connect(`http://${plane.host}:${plane.port}`);
  atEnd(context, () => session.destroy());
  session.on('error', () => {});
  session.request({ ':path': '/' }).on('error', () => {});
  // Not `once`: the session's error comes beside it.
  const said = await new Promise((resolve) => {
    session.on('goaway', (code, lastStream, reason) => resolve([code, lastStream, String(reason)]));
  });
  assert.deepEqual(said, [13, 0, 'HTTP/2 is not spoken here, use HTTP/1.1']);
});

test('the preface in pieces gets the same answer, and what follows it is nothing', async (context) => {
  const { instance, plane } = await start(context);
  const whole = await answerTo(plane, [PREFACE + REQUEST]);
  assert.ok(whole.startsWith('\0\0\0\x04\0\0\0\0\0\0\0'), JSON.stringify(whole));
  assert.equal(await answerTo(plane, [...(PREFACE + REQUEST)]), whole);
  assert.equal(instance.connections.length, 0);
});

test('a TLS client is counted and named as one', async (context) => {
  const { instance, plane, lines } = await start(context);
  const socket = connectTls({ host: plane.host, port: plane.port, rejectUnauthorized: false });
  const [error] = (await once(socket, 'error')) as [Error];
  assert.match(error.message, /wrong version number|packet length/);
  assert.equal(plane.counters.errors.TLS_UNEXPECTED, 1);
  assert.match(String(lines.find(({ problem }) => problem === 'TLS_UNEXPECTED')?.remedy), /http:\/\//);
  assert.equal(instance.connections.length, 0);
});

for (const [name, header] of [
  ['v1', encodeV1(ADDRESSES)],
  ['v1 of nobody', encodeV1(null)],
  ['v2', encodeV2(ADDRESSES)],
] as const) {
  test(`a PROXY header ${name} that the slot does not expect is named as one, in one piece and byte by byte`, async (context) => {
    const { instance, plane, lines } = await start(context);
    const bytes = header.latin1Slice() + REQUEST;
    for (const pieces of [[bytes], [...bytes]]) {
      assert.match(await answerTo(plane, pieces), /^HTTP\/1\.1 400 /);
    }
    assert.equal(plane.counters.errors.PROXY_HEADER_UNEXPECTED, 2);
    assert.match(String(lines.find(({ level }) => level === 'warn')?.remedy), /accept_proxy: true/);
    assert.equal(instance.connections.length, 0);
  });
}

test('one line in ten seconds for each protocol, with how many were not said', async (context) => {
  const clock = new FakeClock();
  const { plane, lines } = await start(context, clock);
  const said = () =>
    lines.filter(({ level }) => level === 'warn').map(({ problem, suppressed }) => [problem, suppressed]);
  for (let turn = 0; turn < 3; turn += 1) await answerTo(plane, [PREFACE]);
  await answerTo(plane, ['\x16\x03\x01']);
  assert.deepEqual(said(), [
    ['HTTP2_UNEXPECTED', 0],
    ['TLS_UNEXPECTED', 0],
  ]);
  await clock.advance(10_000);
  await answerTo(plane, [PREFACE]);
  assert.deepEqual(said().at(-1), ['HTTP2_UNEXPECTED', 2]);
});

test('a method that is called PROXY is a request', async (context) => {
  const { plane } = await start(context);
  const client = await plane.connect();
  client.write('PROXY / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).status, 200);
  client.close();
});

async function answerTo(plane: TestPlane, pieces: readonly string[]): Promise<string> {
  const client = await plane.connect();
  const writing = client.writePieces(pieces).catch(() => undefined);
  client.socket.once('end', () => client.socket.end());
  const answer = await client.ended();
  client.close();
  await writing;
  return answer;
}
