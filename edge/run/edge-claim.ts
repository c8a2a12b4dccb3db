import { once } from 'node:events';
import { openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { withFileGuard } from '../../src/core/file-guard.js';
import { makeDirectories } from '../../src/core/make-directories.js';

const SOCKET_NAME = 'edge-run.sock';
const ANSWER_MS = 1_000;
const MAX_ANSWER_CHARACTERS = 1_024;
/** What the address of a unix socket has room for, less its end (unix(7)). */
const MAX_ADDRESS_BYTES = 107;

/** Another `edge run` that lives has this folder. */
export class EdgeFolderHeld extends Error {
  /** What to do, for people. */
  readonly hint: string;

  constructor(folder: string, holder: string | null, hint: string) {
    super(`${folder} is in use by ${holder === null ? 'an edge run that does not answer' : `edge run ${holder}`}`);
    this.name = 'EdgeFolderHeld';
    this.hint = hint;
  }
}

/**
 * The lock of an `edge run` on a folder: two of them would take each other's HAProxy and releases for their own. The holder
 * listens on a socket in it, and says who it is. The kernel ends that with the process, so a lock can't be left behind.
 */
export class EdgeClaim {
  readonly #server: Server;
  readonly #file: string;

  /**
   * @param holder says to others who this is, in one line
   * @param hint tells the second process what to do
   * @throws EdgeFolderHeld; what the file system says
   */
  static async take(folder: string, holder: string, hint: string): Promise<EdgeClaim> {
    await makeDirectories(folder);
    const file = path.join(folder, SOCKET_NAME);
    const address = addressOf(folder, file);
    // Of two that start at the same time, one looks and listens before the other looks.
    return withFileGuard(file, async () => {
      const other = await holderAt(address);
      if (other !== undefined) throw new EdgeFolderHeld(folder, other, hint);
      await rm(file, { force: true });
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.end(`${holder}\n`);
      });
      server.listen(address);
      await once(server, 'listening');
      server.unref();
      return new EdgeClaim(server, file);
    });
  }

  private constructor(server: Server, file: string) {
    this.#server = server;
    this.#file = file;
  }

  async release(): Promise<void> {
    this.#server.close();
    await rm(this.#file, { force: true });
  }
}

/** A longer path is reached through a descriptor of its folder, which stays open as long as the process. */
function addressOf(folder: string, file: string): string {
  if (Buffer.byteLength(file) <= MAX_ADDRESS_BYTES) return file;
  return `/proc/self/fd/${openSync(folder, 'r')}/${SOCKET_NAME}`;
}

/** @returns undefined: nobody listens; null: somebody does, and does not say who it is */
function holderAt(address: string): Promise<string | null | undefined> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(address);
    const settle = (holder: string | null | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(holder);
    };
    const timer = setTimeout(() => settle(null), ANSWER_MS);
    socket.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, MAX_ANSWER_CHARACTERS);
    });
    socket.on('end', () => settle(said.trim() === '' ? null : said.trim()));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') settle(undefined);
      else {
        clearTimeout(timer);
        reject(error);
      }
    });
  });
}
