/** What is valid is the same to another implementation, npm's proxy-protocol-js: what we write it reads, and the reverse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Command,
  INETProtocol,
  IPv4Address,
  IPv4ProxyAddress,
  IPv6Address,
  IPv6ProxyAddress,
  Peer,
  TransportProtocol,
  UnixAddress,
  UnixProxyAddress,
  UnspecProxyAddress,
  V1ProxyProtocol,
  V2ProxyProtocol,
} from 'proxy-protocol-js';
import { decodeHeader } from '../../src/proxy-protocol/decode.js';
import { type Endpoints, encodeV1, encodeV2 } from '../../src/proxy-protocol/encode.js';
import { SeededRandom } from '../support/seeded-random.js';

const CASES = 2_000;
const REST = 'GET / HTTP/1.1\r\n';

/** Two bytes at a time, often zeros: runs of them are what texts of IPv6 addresses shorten. */
function bytesOf(random: SeededRandom, count: number): number[] {
  return Array.from({ length: count / 2 }, () =>
    random.once(2) ? [0, 0] : [random.below(256), random.below(256)],
  ).flat();
}

/** Two endpoints of one family, in our words and as bytes. */
function createEnds(random: SeededRandom): { readonly ends: Endpoints; readonly bytes: [number[], number[]] } {
  const isWide = random.once(2);
  const bytes: [number[], number[]] = isWide
    ? [
        [0x20, 0x01, ...bytesOf(random, 14)],
        [0x20, 0x01, ...bytesOf(random, 14)],
      ]
    : [bytesOf(random, 4), bytesOf(random, 4)];
  const [source, destination] = bytes.map((address) => ({
    address: isWide ? wideText(address) : address.join('.'),
    port: random.below(65_536),
  }));
  assert.ok(source !== undefined && destination !== undefined);
  return { ends: { source, destination }, bytes };
}

/** Without any shortening. */
function wideText(bytes: readonly number[]): string {
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return groups.join(':');
}

/** As numbers: two texts of one IPv6 address differ in how they are shortened. */
function sameAddress(one: string, other: string): boolean {
  return new URL(`http://[${one}]`).host === new URL(`http://[${other}]`).host;
}

function assertEnds(actual: Endpoints, expected: Endpoints): void {
  for (const end of ['source', 'destination'] as const) {
    assert.equal(actual[end].port, expected[end].port);
    if (expected[end].address.includes(':')) assert.ok(sameAddress(actual[end].address, expected[end].address));
    else assert.equal(actual[end].address, expected[end].address);
  }
}

test('version 1: it reads what we write', () => {
  const random = new SeededRandom(11);
  for (let turn = 0; turn < CASES; turn += 1) {
    const { ends } = createEnds(random);
    const read = V1ProxyProtocol.parse(encodeV1(ends).toString('latin1') + REST);
    assert.ok(read !== null);
    const peer = ({ ipAddress, port }: Peer) => ({ address: ipAddress, port });
    assertEnds({ source: peer(read.source), destination: peer(read.destination) }, ends);
    assert.equal(read.data, REST);
  }
});

test('version 1: we read what it writes', () => {
  const random = new SeededRandom(12);
  for (let turn = 0; turn < CASES; turn += 1) {
    const { ends } = createEnds(random);
    const family = ends.source.address.includes(':') ? INETProtocol.TCP6 : INETProtocol.TCP4;
    const [source, destination] = [ends.source, ends.destination].map(({ address, port }) => new Peer(address, port));
    assert.ok(source !== undefined && destination !== undefined);
    assertRead(Buffer.from(new V1ProxyProtocol(family, source, destination).build() + REST, 'latin1'), ends);
  }
});

test('version 2: it reads what we write', () => {
  const random = new SeededRandom(13);
  for (let turn = 0; turn < CASES; turn += 1) {
    const { ends, bytes } = createEnds(random);
    const read = V2ProxyProtocol.parse(new Uint8Array(Buffer.concat([encodeV2(ends), Buffer.from(REST)])));
    assert.ok(
      read !== null && (read.proxyAddress instanceof IPv4ProxyAddress || read.proxyAddress instanceof IPv6ProxyAddress),
    );
    assert.equal(read.command, Command.PROXY);
    const { sourceAddress, sourcePort, destinationAddress, destinationPort } = read.proxyAddress;
    assert.deepEqual([...sourceAddress.address], bytes[0]);
    assert.deepEqual([...destinationAddress.address], bytes[1]);
    assert.deepEqual([sourcePort, destinationPort], [ends.source.port, ends.destination.port]);
    assert.equal(Buffer.from(read.data ?? []).toString('latin1'), REST);
  }
});

test('version 2: we read what it writes', () => {
  const random = new SeededRandom(14);
  for (let turn = 0; turn < CASES; turn += 1) {
    const { ends, bytes } = createEnds(random);
    const [source, destination] = bytes;
    const { port: sourcePort } = ends.source;
    const { port: destinationPort } = ends.destination;
    const address =
      source.length === 4
        ? new IPv4ProxyAddress(
            IPv4Address.createFrom(source),
            sourcePort,
            IPv4Address.createFrom(destination),
            destinationPort,
          )
        : new IPv6ProxyAddress(
            IPv6Address.createFrom(source),
            sourcePort,
            IPv6Address.createFrom(destination),
            destinationPort,
          );
    const written = new V2ProxyProtocol(Command.PROXY, TransportProtocol.STREAM, address).build();
    assertRead(Buffer.concat([written, Buffer.from(REST)]), ends);
  }
});

test('version 2: what it writes for itself, for datagrams and for UNIX sockets gives us its length and no address', () => {
  const random = new SeededRandom(15);
  for (let turn = 0; turn < CASES; turn += 1) {
    const command = random.pick([Command.LOCAL, Command.PROXY]);
    const isUnix = random.once(2);
    const address = isUnix
      ? new UnixProxyAddress(UnixAddress.createFrom(bytesOf(random, 108)), UnixAddress.createFrom(bytesOf(random, 108)))
      : new IPv4ProxyAddress(
          IPv4Address.createFrom(bytesOf(random, 4)),
          random.below(65_536),
          IPv4Address.createFrom(bytesOf(random, 4)),
          random.below(65_536),
        );
    // A stream of IPv4 that is not LOCAL is the one case here that has addresses: the tests above have it.
    const transport =
      isUnix || command === Command.LOCAL
        ? random.pick([TransportProtocol.STREAM, TransportProtocol.DGRAM])
        : TransportProtocol.DGRAM;
    const written = new V2ProxyProtocol(command, transport, address).build();
    const bytes = Buffer.concat([written, Buffer.from(REST)]);
    const decoded = decodeHeader(bytes, 0, bytes.length);
    assert.ok(decoded.state === 'complete', JSON.stringify(decoded));
    const { header } = decoded;
    assert.equal(header.command, command === Command.LOCAL ? 'LOCAL' : 'PROXY');
    assert.deepEqual([header.source, header.destination, header.length], [null, null, written.length]);
  }
});

test('version 2: it reads our LOCAL', () => {
  const read = V2ProxyProtocol.parse(new Uint8Array(Buffer.concat([encodeV2(null), Buffer.from(REST)])));
  assert.ok(read !== null);
  assert.equal(read.command, Command.LOCAL);
  assert.ok(read.proxyAddress instanceof UnspecProxyAddress);
  assert.equal(Buffer.from(read.data ?? []).toString('latin1'), REST);
});

function assertRead(bytes: Buffer, ends: Endpoints): void {
  const decoded = decodeHeader(bytes, 0, bytes.length);
  assert.ok(decoded.state === 'complete', JSON.stringify(decoded));
  const { source, destination, length } = decoded.header;
  assert.ok(source !== null && destination !== null);
  assertEnds({ source, destination }, ends);
  assert.equal(bytes.subarray(length).toString('latin1'), REST);
}
