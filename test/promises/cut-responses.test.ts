/**
 * A response that is cut short: its instance closes, resets, stalls or breaks the framing in the middle of the body.
 * What came of it reaches the client, as with HAProxy, and the client can tell that it is not whole. Content-Length and
 * chunks show that by themselves. A body that ends with the connection would look whole with an orderly end: it is reset
 * after its last byte (HAProxy 2.6 ends it in order).
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { APP_DEFAULTS } from '../../src/model/app.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { startHaproxy } from '../support/edge/haproxy-process.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { RawConnection } from '../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';
import { unsentBytes } from '../support/traffic/unsent-bytes.js';

const SENT_BYTES = 2_000_000;
const FIRST_BYTE_MS = 60_000;
const LINGER_MS = 2_000;

const HEADS = {
  length: 'HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n',
  chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4000000\r\n',
  untilClose: 'HTTP/1.1 200 OK\r\n\r\n',
} as const;

type Framing = keyof typeof HEADS;
type Cut = 'end' | 'reset' | 'stall' | 'malformed';

const FLAGS: Readonly<Record<Cut, string>> = { end: 'SD--', reset: 'SD--', stall: 'sD--', malformed: 'PH--' };

interface Case {
  readonly framing: Framing;
  readonly minor: 0 | 1;
  readonly cut: Cut;
  /** An orderly end would look like that of a whole body. */
  readonly looksWhole: boolean;
}

const CASES: readonly Case[] = [
  ...(['length', 'chunked'] as const).flatMap((framing) =>
    (['end', 'reset', 'stall'] as const).map((cut): Case => ({ framing, minor: 1, cut, looksWhole: false })),
  ),
  { framing: 'chunked', minor: 1, cut: 'malformed', looksWhole: false },
  { framing: 'length', minor: 0, cut: 'end', looksWhole: false },
  { framing: 'untilClose', minor: 1, cut: 'reset', looksWhole: true },
  { framing: 'untilClose', minor: 1, cut: 'stall', looksWhole: true },
  // The chunks are taken off for HTTP/1.0, and with them what would show the cut.
  ...(['end', 'reset', 'stall', 'malformed'] as const).map(
    (cut): Case => ({ framing: 'chunked', minor: 0, cut, looksWhole: true }),
  ),
];

/** Sends the response as far as it goes. */
async function respond(connection: RawConnection, { framing, cut }: Case, bytes: number): Promise<void> {
  await connection.until((text) => text.includes('\r\n\r\n'));
  const size = framing === 'chunked' && cut === 'malformed' ? `${bytes.toString(16)}\r\n` : '';
  connection.write(size === '' ? HEADS[framing] : HEADS[framing].replace('4000000\r\n', size));
  connection.write(Buffer.alloc(bytes, 'x'));
  if (cut === 'malformed') connection.write('\r\nno size\r\n');
  if (cut === 'end') connection.socket.end();
  if (cut !== 'reset') return;
  await eventually('all is with the proxy', () => unsentBytes(connection.socket) === 0);
  connection.socket.resetAndDestroy();
}

interface Outcome {
  readonly bodyBytes: number;
  readonly isReset: boolean;
}

async function ask(client: RawConnection, minor: number): Promise<void> {
  client.write(`GET / HTTP/1.${minor}\r\nHost: a\r\n\r\n`);
}

async function outcomeOf(client: RawConnection): Promise<Outcome> {
  const text = await client.ended();
  client.close();
  return { bodyBytes: text.split('x').length - 1, isReset: client.error !== null };
}

async function throughHaproxy(context: TestContext, one: Case): Promise<Outcome> {
  const instance = await ScriptedInstance.start(context);
  const host = ownAddress();
  const port = await freePort(host);
  const server = `${instance.host}:${instance.port}`;
  await startHaproxy(
    context,
    `listen slot\n  mode http\n  bind ${host}:${port}\n  timeout server 300ms\n  server one ${server}\n`,
    { host, port },
  );
  const client = await RawConnection.open(port, host);
  await ask(client, one.minor);
  const [outcome] = await Promise.all([outcomeOf(client), respond(await instance.connection(0), one, SENT_BYTES)]);
  return outcome;
}

async function startPlane(
  context: TestContext,
): Promise<{ clock: FakeClock; instance: ScriptedInstance; plane: TestPlane }> {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, {
    clock,
    slot: { instances: [instanceOf(instance)], timeouts: { ...APP_DEFAULTS.timeouts, firstByteMs: FIRST_BYTE_MS } },
  });
  return { clock, instance, plane };
}

for (const one of CASES) {
  const { framing, minor, cut, looksWhole } = one;
  test(`${framing} to HTTP/1.${minor}, ${cut}: all that came arrives, then ${looksWhole ? 'a reset' : 'the end'}`, async (context) => {
    const { clock, instance, plane } = await startPlane(context);
    const client = await plane.connect();
    await ask(client, minor);
    await respond(await instance.connection(0), one, SENT_BYTES);
    await client.until((text) => text.length > SENT_BYTES);
    if (cut === 'stall') await clock.advance(FIRST_BYTE_MS + 200);
    await eventually('the cut is noticed', () => plane.accessLog.length === 1);
    if (looksWhole) await clock.advance(LINGER_MS + 200);
    assert.deepEqual(await outcomeOf(client), { bodyBytes: SENT_BYTES, isReset: looksWhole });
    assert.equal(plane.accessLog[0]?.split(' ')[9], FLAGS[cut]);
    assert.equal(plane.counters.inFlight, 0);
  });
}

test('HAProxy 2.6 delivers no more than that, and ends in order where the framing shows the loss, too', async (context) => {
  for (const one of CASES) {
    const name = `${one.framing} to HTTP/1.${one.minor}, ${one.cut}`;
    const { bodyBytes, isReset } = await throughHaproxy(context, one);
    assert.equal(isReset, false, name);
    // What it has read together with a malformed chunk it may throw away.
    if (one.cut === 'malformed') assert.ok(bodyBytes <= SENT_BYTES, name);
    else assert.equal(bodyBytes, SENT_BYTES, name);
  }
});

for (const one of CASES.filter(({ cut }) => cut === 'end' || cut === 'reset')) {
  const { framing, minor, cut, looksWhole } = one;
  test(`${framing} to HTTP/1.${minor}, ${cut}: a slow reader gets all of it too`, async (context) => {
    const { clock, instance, plane } = await startPlane(context);
    const client = await plane.connect();
    client.socket.pause();
    await ask(client, minor);
    // An instance that resets takes with it what the proxy's kernel has not taken: so much fits there.
    const bytes = cut === 'reset' ? 200_000 : 8_000_000;
    await respond(await instance.connection(0), one, bytes);
    client.socket.on('data', () => {
      client.socket.pause();
      setImmediate(() => client.socket.resume());
    });
    client.socket.resume();
    await eventually('the cut is noticed', () => plane.accessLog.length === 1);
    await client.until((text) => text.length > bytes);
    if (looksWhole) await clock.advance(LINGER_MS + 200);
    assert.deepEqual(await outcomeOf(client), { bodyBytes: bytes, isReset: looksWhole });
  });
}
