/** Real HTTP servers of others: found, or installed from Debian's packages, and run in the foreground on an address of one's own. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort, ownAddress } from '../../support/addresses.js';
import { atEnd, type Ending, temporaryFolder } from '../../support/at-end.js';
import { spawnBound } from '../../support/machine/bound-process.js';
import { isListening } from '../../support/machine/processes.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import type { Installable } from '../installable.js';
import type { Page } from './pages.js';

export interface ServerPlace {
  /** Empty, and the server's own. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
}

export interface ServerCommand {
  /** Runs in the foreground, and dies of SIGKILL with all that it started. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Answers GET and POST of `/` with 200 and `ok`, in all else by its own defaults. */
export interface RealServer extends Installable {
  /** After which idle time it closes a connection by default, in milliseconds; 0: it keeps none. */
  readonly keepAliveMs: number;
  /** What it can answer, `/` among them. */
  readonly pages: readonly Page[];
  /** Writes its files into the folder. */
  prepare(place: ServerPlace): ServerCommand | Promise<ServerCommand>;
}

const START_MS = 60_000;
/** Of what it said, in an error. */
const SHOWN_CHARS = 2_000;

/**
 * Asks once and waits for the end. A server may take more time than it says: Node a second, Tomcat up to one.
 * @returns after how many milliseconds without a request it closed the connection
 */
export async function measureClose({ host, port }: Pick<ServerPlace, 'host' | 'port'>): Promise<number> {
  const connection = await RawConnection.open(port, host);
  connection.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n');
  await connection.response();
  const answeredAt = performance.now();
  await connection.ended();
  connection.close();
  return performance.now() - answeredAt;
}

/** Resolves when it accepts; it is killed at the end. */
export async function startServer(context: Ending, server: RealServer): Promise<ServerPlace> {
  const host = ownAddress();
  const place = { folder: temporaryFolder(context, server.name), host, port: await freePort(host) };
  const { command, env = {} } = await server.prepare(place);
  const child = spawnBound(command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: place.folder,
    env: { ...process.env, ...env },
  });
  let said = '';
  const listen = (stream: ChildProcess['stdout']): void => {
    stream?.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-SHOWN_CHARS);
    });
  };
  listen(child.stdout);
  listen(child.stderr);
  let hasExited = false;
  const exited = once(child, 'exit').then(() => {
    hasExited = true;
  });
  atEnd(context, async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const until = performance.now() + START_MS;
  while (!(await isListening(place.host, place.port))) {
    if (hasExited || performance.now() > until) throw new Error(`${server.name} does not listen; it said:\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return place;
}
