/** Runs in a thread of its own, so that its clients are in no heap but its own: opens so many as it is told, and keeps them. */
import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { host, port, atOnce } = workerData as { host: string; port: number; atOnce: number };
const kept: Socket[] = [];

parentPort?.on('message', async (count: number) => {
  const most = kept.length + count;
  while (kept.length < most) {
    const wave = Array.from({ length: Math.min(atOnce, most - kept.length) }, ask);
    kept.push(...(await Promise.all(wave)));
  }
  parentPort?.postMessage(kept.length);
});

/** Resolves when the answer has come. */
function ask(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', reject);
    socket.once('data', () => resolve(socket));
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });
}
