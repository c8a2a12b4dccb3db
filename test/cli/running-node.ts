import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { writeAtomically } from '../support/services-directory.js';
import { CLI_ENTRY } from './run-cli.js';

export interface RunningNode {
  readonly host: string;
  /** Free, and so is the next one. */
  readonly slot: number;
  /** ADDR:PORT, for --admin. */
  readonly admin: string;
  readonly servicesDir: string;
  readonly child: ChildProcess;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  /** Resolves when a line of the log says this; rejects when the node ends before. */
  logged(message: string): Promise<void>;
}

/** Starts `autoproxy node` as a person does, on addresses of its own; resolves when it has logged `ready`. */
export async function startNode(
  context: TestContext,
  services: (host: string, slot: number) => Readonly<Record<string, string>>,
): Promise<RunningNode> {
  const root = await mkdtemp(path.join(tmpdir(), 'autoproxy-node-'));
  const host = ownAddress();
  const slot = await freePort(host);
  const admin = `${host}:${await freePort(host)}`;
  const servicesDir = path.join(root, 'services');
  await mkdir(servicesDir);
  for (const [name, text] of Object.entries(services(host, slot))) {
    await writeAtomically(path.join(servicesDir, name), text);
  }
  const flags = {
    '--services-dir': servicesDir,
    '--state-dir': path.join(root, 'state'),
    '--bind': host,
    '--admin': admin,
    '--workers': '1',
    '--node': 'test-node',
    '--lame-duck': '0s',
    '--drain-timeout': '2s',
  };
  const child = spawn(process.execPath, [CLI_ENTRY, 'node', ...Object.entries(flags).flat()], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  context.after(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(root, { recursive: true, force: true });
  });
  const log = new LogReader(child, exited);
  const node = { host, slot, admin, servicesDir, child, exited, logged: (message: string) => log.logged(message) };
  await node.logged('ready');
  return node;
}

class LogReader {
  #text = '';
  readonly #waiting = new Set<() => void>();
  readonly #exited: Promise<number | null>;

  constructor(child: ChildProcess, exited: Promise<number | null>) {
    this.#exited = exited;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      for (const look of [...this.#waiting]) look();
    });
  }

  logged(message: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!this.#text.includes(`"msg":"${message}"`)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
      void this.#exited.then((code) => reject(new Error(`the node ended with ${code}; it said:\n${this.#text}`)));
    });
  }
}
