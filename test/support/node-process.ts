import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { freePort, ownAddress } from './addresses.js';
import { CLI_ENTRY } from './run-cli.js';
import { writeAtomically } from './services-directory.js';

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
  /** Writes a file of the services directory, at once whole. */
  write(name: string, text: string): Promise<void>;
  /** Starts another node, with the same address, files and state, after this one has ended. */
  again(): Promise<RunningNode>;
}

export interface NodePlace {
  readonly root: string;
  readonly host: string;
  readonly slot: number;
  readonly admin: string;
}

/** Where a node can be: an address and folders of its own, that outlive the node. */
export async function findPlace(context: TestContext): Promise<NodePlace> {
  const root = await mkdtemp(path.join(tmpdir(), 'autoproxy-node-'));
  context.after(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  const host = ownAddress();
  return { root, host, slot: await freePort(host), admin: `${host}:${await freePort(host)}` };
}

/** Starts `autoproxy node` as a person does, on addresses of its own; resolves when it has logged `ready`. */
export async function startNode(
  context: TestContext,
  services: (host: string, slot: number) => Readonly<Record<string, string>>,
  flags: Readonly<Record<string, string>> = {},
): Promise<RunningNode> {
  const place = await findPlace(context);
  await mkdir(path.join(place.root, 'services'));
  for (const [name, text] of Object.entries(services(place.host, place.slot))) {
    await writeAtomically(path.join(place.root, 'services', name), text);
  }
  return startNodeAt(context, place, flags);
}

/** As `startNode`, at a place where something may be already, or nothing. */
export async function startNodeAt(
  context: TestContext,
  place: NodePlace,
  flags: Readonly<Record<string, string>> = {},
): Promise<RunningNode> {
  const { root, host, slot, admin } = place;
  const servicesDir = path.join(root, 'services');
  const all = {
    '--services-dir': servicesDir,
    '--state-dir': path.join(root, 'state'),
    '--bind': host,
    '--admin': admin,
    '--workers': '1',
    '--node': 'test-node',
    '--lame-duck': '0s',
    '--drain-timeout': '2s',
    ...flags,
  };
  const child = spawn(process.execPath, [CLI_ENTRY, 'node', ...Object.entries(all).flat()], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  context.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const log = new LogReader(child, exited);
  await log.logged('ready');
  return {
    host,
    slot,
    admin,
    servicesDir,
    child,
    exited,
    logged: (message) => log.logged(message),
    write: (name, text) => writeAtomically(path.join(servicesDir, name), text),
    again: () => startNodeAt(context, place, flags),
  };
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
