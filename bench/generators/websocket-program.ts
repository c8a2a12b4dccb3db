import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import type { LoadFigures } from './load.js';

const { url, connections, seconds, bytes } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly bytes: number;
};

const sockets = Array.from({ length: connections }, () => new WebSocket(url, { perMessageDeflate: false }));
await Promise.all(sockets.map((socket) => once(socket, 'open')));
let echoed = 0;
let wrong = 0;
let isRunning = true;
for (const [index, socket] of sockets.entries()) {
  let turn = 0;
  let message = Buffer.alloc(0);
  const sendNext = (): void => {
    turn += 1;
    // No two messages are alike, so that an echo to the wrong client is seen.
    message = Buffer.from(`${index} ${turn} `.padEnd(bytes, 'x'));
    socket.send(message);
  };
  socket.on('message', (echo: Buffer) => {
    echoed += 1;
    if (!echo.equals(message)) wrong += 1;
    if (isRunning) sendNext();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (isRunning) wrong += 1;
  });
  sendNext();
}
await delay(seconds * 1_000);
isRunning = false;
const figures: LoadFigures = {
  requests: echoed,
  requestsPerSecond: echoed / seconds,
  errors: wrong,
  latency: null,
};
for (const socket of sockets) socket.terminate();
process.stdout.write(JSON.stringify(figures));
