/** Both ways to accept, open, read and write a connection do the same; the fast one stands on what Node does not document. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createTransports } from '../../../src/proxy/io/create-transports.js';
import { loadTcpBinding, type TcpHandle } from '../../../src/proxy/io/tcp-binding.js';
import type { LentMemory, Transport, TransportOwner, Transports } from '../../../src/proxy/io/transport.js';
import { freePort, ownAddress } from '../../support/addresses.js';
import { atEnd } from '../../support/at-end.js';
import { eventually } from '../../support/eventually.js';
import { TRANSPORT_WAYS } from '../../support/node/transport-ways.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const MEGABYTE = 1_048_576;

/** Writes down what it hears, in order. */
class Witness implements TransportOwner, LentMemory {
  readonly heard: string[] = [];
  text = '';
  failure: (Error & { readonly code?: string }) | null = null;
  isGone = false;
  waiting = 0;
  lent = 0;
  lost = 0;
  failedWrites = 0;
  readonly #buffer = Buffer.alloc(65_536);

  onConnect(): void {
    this.heard.push('connect');
  }

  onBytes(bytes: Buffer, length: number): void {
    this.text += bytes.latin1Slice(0, length);
  }

  nextBuffer(): Buffer {
    return this.#buffer;
  }

  onPeerEnd(): void {
    this.heard.push('end');
  }

  onWritten(bytes?: number, failure?: Error | null): void {
    if (bytes === undefined) this.lent -= 1;
    else if (failure === null) this.waiting -= bytes;
    else this.lost += bytes;
    if (failure instanceof Error) this.failedWrites += 1;
  }

  onDestroyed(failure: Error | null): void {
    this.heard.push('gone');
    this.failure = failure;
    this.isGone = true;
  }

  async hears(word: string): Promise<void> {
    await eventually(`it hears ${word}`, () => this.heard.includes(word));
  }
}

interface Opened {
  readonly transport: Transport;
  readonly owner: Witness;
}

async function opened(
  context: TestContext,
  transports: Transports,
  far: { readonly host: string; readonly port: number },
  localAddress: string | null = null,
): Promise<Opened> {
  const owner = new Witness();
  const transport = transports.connect({ host: far.host, port: far.port, localAddress }, owner);
  atEnd(context, () => transport.destroy(null));
  assert.deepEqual(owner.heard, [], 'told of nothing before it returned');
  await owner.hears('connect');
  return { transport, owner };
}

/** One that this side has accepted, with its client. */
async function accepted(
  context: TestContext,
  transports: Transports,
): Promise<Opened & { readonly client: RawConnection }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, ownAddress());
  await once(server, 'listening');
  atEnd(context, () => server.close());
  const came = new Promise<Transport>((resolve, reject) => {
    transports.acceptFrom(server, resolve, reject);
  });
  const { address, port } = server.address() as AddressInfo;
  const client = await RawConnection.open(port, address);
  atEnd(context, () => client.close());
  const transport = await came;
  const owner = new Witness();
  transport.owner = owner;
  return { transport, owner, client };
}

/** The kernel has it, and who reads in this process has had some turns for it. */
async function written(client: RawConnection, text: string): Promise<void> {
  await new Promise((resolve) => client.socket.write(text, resolve));
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
}

/** Keeps what it has read where it was read to, and reads the next bytes to another place. */
class Keeper extends Witness {
  readonly buffers: Buffer[] = [];

  override nextBuffer(): Buffer {
    const buffer = Buffer.alloc(1_024);
    this.buffers.push(buffer);
    return buffer;
  }
}

/** Writes more than a kernel keeps. */
function writeMuch({ transport, owner }: Opened): void {
  for (let piece = 0; piece < 160; piece += 1) {
    if (transport.writeBytes(Buffer.alloc(65_536), owner)) continue;
    owner.waiting += 65_536;
    owner.lent += 1;
  }
  assert.ok(owner.waiting > MEGABYTE, `${owner.waiting} bytes wait`);
}

test('small writes go out at once (TCP_NODELAY), of what was accepted and of what was opened', async (context) => {
  const binding = loadTcpBinding();
  assert.ok(binding !== null);
  const asked = context.mock.method(binding.TCP.prototype as TcpHandle, 'getsockname');
  const isAtOnce = (transport: Transport): boolean => {
    transport.local();
    const handle = asked.mock.calls.at(-1)?.this as (TcpHandle & { readonly fd: number }) | undefined;
    assert.ok(handle !== undefined);
    // Perl is part of every Debian. 6 and 1: IPPROTO_TCP and TCP_NODELAY, the value of tcp(7).
    const script = 'open(my $socket, "+<&=3") or die; print unpack("i", getsockopt($socket, 6, 1))';
    return (
      execFileSync('perl', ['-e', script], { stdio: ['ignore', 'pipe', 'inherit', handle.fd], encoding: 'utf8' }) ===
      '1'
    );
  };
  const far = await ScriptedInstance.start(context);
  assert.equal(isAtOnce((await opened(context, createTransports(), far)).transport), true, 'what was opened');
  assert.equal(isAtOnce((await accepted(context, createTransports())).transport), true, 'what was accepted');
});

test('this Node lets us past the stream', () => {
  assert.equal(createTransports().isDirect, true);
  assert.equal(createTransports(null).isDirect, false);
});

for (const [way, create] of TRANSPORT_WAYS) {
  test(`${way}: nothing is read before the first resume, nor while it is paused`, async (context) => {
    const { transport, owner, client } = await accepted(context, create());
    await written(client, 'first');
    assert.equal(owner.text, '');
    transport.resume();
    await eventually('it reads', () => owner.text === 'first');
    transport.pause();
    await written(client, ' second');
    assert.equal(owner.text, 'first');
    transport.resume();
    await eventually('it goes on', () => owner.text === 'first second');
    assert.equal(transport.bytesRead, 12);
    assert.deepEqual(owner.heard, []);
  });

  test(`${way}: each read goes where its owner says`, async (context) => {
    const { transport, client } = await accepted(context, create());
    const keeper = new Keeper();
    transport.owner = keeper;
    transport.resume();
    for (const word of ['one', 'two', 'three']) {
      client.write(word);
      await eventually(`it reads ${word}`, () => keeper.text.endsWith(word));
    }
    assert.equal(keeper.text, 'onetwothree');
    const kept = keeper.buffers.map((buffer) => buffer.latin1Slice().replace(/\0+$/, ''));
    if (create().isDirect) assert.deepEqual(kept, ['one', 'two', 'three', '']);
  });

  test(`${way}: both ends have a name, IPv4 without mapping`, async (context) => {
    const { transport, client } = await accepted(context, create());
    const { localAddress: address, localPort: port, remoteAddress, remotePort } = client.socket;
    assert.deepEqual(transport.peer(), { address, port });
    assert.deepEqual(transport.local(), { address: remoteAddress, port: remotePort });
    transport.destroy(null);
    assert.deepEqual(transport.peer(), { address, port }, 'known once it was asked for');
  });

  test(`${way}: it leaves from the address that it is told to`, async (context) => {
    const far = await ScriptedInstance.start(context);
    const from = ownAddress();
    const { transport } = await opened(context, create(), far, from);
    assert.equal(transport.local().address, from);
    assert.equal((await far.connection(0)).socket.remoteAddress, from);
  });

  test(`${way}: over IPv6, and by a name`, async (context) => {
    const host = '::1';
    const far = await ScriptedInstance.start(context, null, { host, port: await freePort(host) });
    const { transport } = await opened(context, create(), far);
    assert.deepEqual(transport.peer(), { address: host, port: far.port });
    await opened(context, create(), far, host);
    const named = await ScriptedInstance.start(context, null, { host: '127.0.0.1', port: 0 });
    await opened(context, create(), { host: 'localhost', port: named.port });
  });

  test(`${way}: a connect that is refused, or can't leave from there, is told of with its code`, async (context) => {
    const host = ownAddress();
    const port = await freePort(host);
    for (const [localAddress, code] of [
      [null, 'ECONNREFUSED'],
      ['192.0.2.1', 'EADDRNOTAVAIL'],
    ] as const) {
      const owner = new Witness();
      const transport = create().connect({ host, port, localAddress }, owner);
      atEnd(context, () => transport.destroy(null));
      await owner.hears('gone');
      assert.deepEqual(owner.heard, ['gone']);
      assert.equal(owner.failure?.code, code);
      assert.match(
        owner.failure?.message ?? '',
        localAddress === null ? /connect ECONNREFUSED 127\.\S+:\d+$/ : /192\.0\.2\.1/,
      );
    }
  });

  test(`${way}: a connection that is destroyed before it is open is gone without a failure`, async (context) => {
    const { host, port } = await ScriptedInstance.start(context);
    const owner = new Witness();
    const transport = create().connect({ host, port, localAddress: null }, owner);
    transport.destroy(null);
    await owner.hears('gone');
    assert.deepEqual([owner.heard, owner.failure], [['gone'], null]);
  });

  test(`${way}: each side ends for itself; when both have, the connection is gone`, async (context) => {
    const one = await accepted(context, create());
    one.transport.resume();
    one.client.socket.end('last words');
    await one.owner.hears('end');
    assert.equal(one.owner.text, 'last words');
    one.transport.writeText('heard');
    one.transport.end();
    one.transport.end();
    assert.equal(one.transport.hasEndedWriting, true);
    await one.owner.hears('gone');
    assert.equal(await one.client.ended(), 'heard');

    const other = await accepted(context, create());
    other.transport.resume();
    other.transport.writeText('heard');
    other.transport.end();
    assert.equal(await other.client.ended(), 'heard');
    other.client.socket.end('last words');
    await other.owner.hears('gone');
    assert.equal(other.owner.text, 'last words');
    for (const { owner } of [one, other]) assert.deepEqual([owner.heard, owner.failure], [['end', 'gone'], null]);
  });

  test(`${way}: the end comes behind all that waits`, async (context) => {
    const far = await ScriptedInstance.start(context, (connection) => connection.socket.pause());
    const opening = await opened(context, create(), far);
    writeMuch(opening);
    opening.transport.end();
    const { socket } = await far.connection(0);
    let bytes = 0;
    socket.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    socket.resume();
    await once(socket, 'end');
    assert.equal(bytes, 160 * 65_536);
    assert.equal(opening.owner.waiting, 0);
  });

  test(`${way}: a reset is told of with its code, and sent`, async (context) => {
    const { transport, owner, client } = await accepted(context, create());
    transport.resume();
    client.socket.resetAndDestroy();
    await owner.hears('gone');
    assert.deepEqual([owner.heard, owner.failure?.code], [['gone'], 'ECONNRESET']);

    const other = await accepted(context, create());
    other.transport.resume();
    other.transport.reset();
    await other.owner.hears('gone');
    assert.equal(other.owner.failure, null);
    await eventually('the client sees it', () => other.client.error !== null);
    assert.equal((other.client.error as NodeJS.ErrnoException).code, 'ECONNRESET');
  });

  test(`${way}: one that is not read has lost its peer after a reset`, async (context) => {
    const { transport, client } = await accepted(context, create());
    assert.equal(transport.hasLostPeer(), false);
    transport.probe(30_000);
    client.socket.resetAndDestroy();
    await eventually('it is seen', () => transport.hasLostPeer());
  });

  test(`${way}: an owner takes over between two calls`, async (context) => {
    const { transport, owner, client } = await accepted(context, create());
    transport.resume();
    client.write('for the first');
    await eventually('it is read', () => owner.text !== '');
    const next = new Witness();
    transport.owner = next;
    client.socket.end('for the next');
    await next.hears('end');
    assert.deepEqual([owner.text, next.text], ['for the first', 'for the next']);
    transport.end();
    await next.hears('gone');
    assert.deepEqual(owner.heard, []);
  });

  test(`${way}: what a slow reader does not take waits, arrives whole and in order, and is told of once`, async (context) => {
    const far = await ScriptedInstance.start(context, (connection) => connection.socket.pause());
    const { transport, owner } = await opened(context, create(), far);
    let expected = '';
    for (let piece = 0; piece < 160; piece += 1) {
      const text = `${piece};`;
      expected += text;
      if (!transport.writeText(text)) owner.waiting += text.length;
      const block = Buffer.alloc(65_536, 97 + (piece % 26));
      expected += block.toString('latin1');
      if (!transport.writeBytes(block, owner)) {
        owner.waiting += block.length;
        owner.lent += 1;
      }
    }
    assert.ok(owner.waiting > MEGABYTE, `${owner.waiting} bytes wait`);
    assert.ok(owner.lent > 16);
    const connection = await far.connection(0);
    connection.socket.resume();
    const text = await connection.until((all) => all.length >= expected.length);
    assert.ok(text === expected, 'not what was written');
    await eventually('all writes were told of', () => owner.waiting === 0 && owner.lent === 0);
    assert.equal(owner.lost, 0);
  });

  test(`${way}: what waits when the connection is destroyed is told of as lost`, async (context) => {
    const far = await ScriptedInstance.start(context, (connection) => connection.socket.pause());
    const opening = await opened(context, create(), far);
    const { transport, owner } = opening;
    writeMuch(opening);
    const reason = new Error('the reason');
    transport.destroy(reason);
    await owner.hears('gone');
    assert.equal(owner.failure, reason);
    await eventually('all writes were told of', () => owner.lost === owner.waiting && owner.lent === 0);
    assert.equal(transport.writeText('late'), true);
  });

  test(`${way}: a write to who is gone closes the connection, or is told of as failed`, async (context) => {
    const transports = create();
    const far = await ScriptedInstance.start(context);
    const { transport, owner } = await opened(context, transports, far);
    (await far.connection(0)).socket.resetAndDestroy();
    while (!owner.isGone && owner.failedWrites === 0) {
      transport.writeText('x');
      await setImmediate();
    }
    assert.ok(owner.isGone || transports.isDirect);
  });
}
