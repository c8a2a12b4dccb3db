import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadFigures } from './load.js';

const { host, ports, path, connections, seconds } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly host: string;
  readonly ports: readonly number[];
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
};

/** Fewer than wait to be accepted. */
const OPENED_AT_ONCE = 100;

const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const sockets: Socket[] = [];
const startedAt = performance.now();
let answered = 0;
let wrong = 0;
let isRunning = true;
while (sockets.length < connections) {
  const opened = Array.from({ length: Math.min(OPENED_AT_ONCE, connections - sockets.length) }, (_, index) =>
    connect({ host, port: ports[(sockets.length + index) % ports.length] ?? 0, noDelay: true }),
  );
  sockets.push(...opened);
  await Promise.all(opened.map((socket) => once(socket, 'connect')));
  // Not when all are open: on a busy machine that takes longer than a proxy waits for the first request.
  for (const socket of opened) askOnAndOn(socket);
}
await delay(seconds * 1_000);
isRunning = false;
const figures: LoadFigures = {
  requests: answered,
  requestsPerSecond: (answered * 1_000) / (performance.now() - startedAt),
  errors: wrong,
  latency: null,
};
for (const socket of sockets) socket.destroy();
process.stdout.write(JSON.stringify(figures));

function askOnAndOn(socket: Socket): void {
  // The answer to a small GET comes whole.
  socket.on('data', (bytes: Buffer) => {
    if (bytes.latin1Slice(0, 13) === 'HTTP/1.1 200 ') answered += 1;
    else wrong += 1;
    if (isRunning) socket.write(request, 'latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (isRunning) wrong += 1;
  });
  socket.write(request, 'latin1');
}
