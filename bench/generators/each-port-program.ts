import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { LoadFigures } from './load.js';

const { host, ports, path, connections, seconds } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly host: string;
  readonly ports: readonly number[];
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
};

const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const sockets: Socket[] = [];
for (let index = 0; index < connections; index += 1) {
  const socket = connect({ host, port: ports[index % ports.length] ?? 0, noDelay: true });
  await once(socket, 'connect');
  sockets.push(socket);
}
let answered = 0;
let wrong = 0;
let isRunning = true;
for (const socket of sockets) {
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
await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
isRunning = false;
const figures: LoadFigures = {
  requests: answered,
  requestsPerSecond: answered / seconds,
  errors: wrong,
  latency: null,
};
for (const socket of sockets) socket.destroy();
process.stdout.write(JSON.stringify(figures));
