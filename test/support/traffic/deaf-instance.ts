import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { freePort, ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';

const SCRIPT = `
const { createServer } = require('node:net');
createServer().listen({ host: process.argv[1], port: Number(process.argv[2]), backlog: 1 }, () => console.log('listening'));
`;

/** An instance whose host answers no more: connects to it neither succeed nor fail. Its process is stopped, its queue full. */
export async function startDeafInstance(
  context: TestContext,
): Promise<{ readonly host: string; readonly port: number }> {
  const host = ownAddress();
  const port = await freePort(host);
  const child: ChildProcess = spawn(process.execPath, ['-e', SCRIPT, host, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(context, () => child.kill('SIGKILL'));
  if (child.stdout !== null) await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  atEnd(context, () => {
    for (const filler of fillers) filler.destroy();
  });
  // Linux queues one more than the backlog; connects are answered until then.
  for (;;) {
    const filler = connect({ host, port });
    filler.on('error', () => undefined);
    fillers.push(filler);
    const isQueued = await Promise.race([
      once(filler, 'connect').then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 100)),
    ]);
    if (!isQueued) return { host, port };
  }
}
