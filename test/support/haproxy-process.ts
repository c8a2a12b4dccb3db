import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { haproxyOfVersion } from './haproxy-versions.js';

const DEFAULTS = `global
  nbthread 1
  maxconn 500
defaults
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  timeout check 1s
`;

/** Real HAProxy with these sections; resolves when it accepts at `awaited`. Stopped with the test. */
export async function startHaproxy(
  context: TestContext,
  sections: string,
  awaited: { readonly host: string; readonly port: number },
  haproxy = haproxyOfVersion('2.6'),
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'autoproxy-haproxy-'));
  const file = path.join(folder, 'haproxy.cfg');
  await writeFile(file, DEFAULTS + sections);
  const child = spawn(haproxy, ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  let hasExited = false;
  const exited = once(child, 'exit').then(() => {
    hasExited = true;
  });
  context.after(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  });
  while (!(await accepts(awaited.host, awaited.port))) {
    if (hasExited) throw new Error(`haproxy ended; it said:\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
