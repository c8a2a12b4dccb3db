/**
 * 1 GB through a TCP slot, each way, to a reader that pauses: every byte has to arrive, and the worker must not hold what
 * the reader has not taken.
 *
 *   npm run bench:tcp -- [--megabytes 1024]
 */
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { machineLine } from './machine.js';
import { NodeUnderTest } from './node-under-test.js';
import { PeakResident, residentBytes } from './process-usage.js';
import { Verdict } from './report.js';

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '1024' } } });
const BYTES = Number(values.megabytes) * 1_048_576;
const HOST = '127.0.0.46';
const SLOT = 21_374;
const ORIGIN = { host: '127.79.9.2', port: 19_341 };
const MAX_GROWTH_BYTES = 50 * 1_048_576;
/** The reader rests this long after each so many bytes: the sender is always far ahead of it. */
const REST_MS = 10;
const REST_EVERY_BYTES = 4 * 1_048_576;
/** No piece of the pattern equals its neighbor, so that a piece that is lost, doubled or moved changes the sum. */
const PATTERN = createPattern(1_048_583);

const verdict = new Verdict();
console.log(machineLine());
const node = new NodeUnderTest({ host: HOST, adminPort: 1_936 });
const origin = createServer({ allowHalfOpen: true });
// The node's checks connect and reset.
origin.on('connection', (socket) => socket.on('error', () => undefined));
origin.listen(ORIGIN);
await once(origin, 'listening');
try {
  node.writeFile(
    'tcp.yml',
    `tcp: {protocol: tcp, translated_port: ${SLOT}, health: {interval: 1h}, instances: ["${ORIGIN.host}:${ORIGIN.port}"]}\n`,
  );
  await node.start();
  const { workers } = await node.untilState((state) => state.apps[0]?.instances[0]?.health === 'up');
  const worker = workers[0]?.pid ?? 0;
  for (const direction of ['client → instance', 'instance → client']) {
    const before = residentBytes(worker);
    const peak = new PeakResident(worker);
    const startedAt = performance.now();
    const client = connect({ host: HOST, port: SLOT, allowHalfOpen: true });
    const [instance] = (await once(origin, 'connection')) as [Socket];
    const [sender, reader] = direction === 'client → instance' ? [client, instance] : [instance, client];
    const [sent, read] = await Promise.all([send(sender), readSlowly(reader)]);
    client.destroy();
    instance.destroy();
    const seconds = (performance.now() - startedAt) / 1_000;
    const growth = peak.stop() - before;
    verdict.check(
      sent === read.sum && read.bytes === BYTES,
      `${direction}: every byte of ${values.megabytes} MB is intact`,
      `${read.bytes} bytes, ${seconds.toFixed(1)} s`,
    );
    verdict.check(
      growth < MAX_GROWTH_BYTES,
      `${direction}: memory grows by less than 50 MB`,
      `${(growth / 1_048_576).toFixed(1)} MB at most`,
    );
  }
} finally {
  await node.stop();
  node.removeDirectory();
  origin.close();
}
process.exitCode = verdict.exitCode;

/** @returns the sum of what was sent. */
async function send(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  for (let left = BYTES; left > 0; ) {
    const piece = PATTERN.subarray(0, Math.min(PATTERN.length, left));
    hash.update(piece);
    left -= piece.length;
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  socket.end();
  return hash.digest('hex');
}

function readSlowly(socket: Socket): Promise<{ readonly sum: string; readonly bytes: number }> {
  const hash: Hash = createHash('sha256');
  let bytes = 0;
  let nextRest = REST_EVERY_BYTES;
  return new Promise((resolve, reject) => {
    socket.on('data', (piece: Buffer) => {
      hash.update(piece);
      bytes += piece.length;
      if (bytes < nextRest) return;
      nextRest += REST_EVERY_BYTES;
      socket.pause();
      setTimeout(() => socket.resume(), REST_MS);
    });
    socket.on('end', () => resolve({ sum: hash.digest('hex'), bytes }));
    socket.on('error', reject);
  });
}

function createPattern(length: number): Buffer {
  const pattern = Buffer.alloc(length);
  let state = 1;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    pattern[index] = state >>> 24;
  }
  return pattern;
}
