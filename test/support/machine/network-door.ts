/**
 * Ways from the test's network into another one: each port listens here, and a process over there accepts and connects on.
 * (A listening socket belongs to the network where it was made, whoever holds it.)
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { atEnd, type Ending } from '../at-end.js';
import { spawnBound } from './bound-process.js';

const PROGRAM = fileURLToPath(new URL('network-door-program.js', import.meta.url));

/** Sent with a listening server. */
export interface DoorTarget {
  readonly host: string;
  readonly port: number;
}

export class NetworkDoor {
  readonly #child: ChildProcess;
  /** Node loses a socket that is closed here before it was sent, so they go one by one. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** @param network what is in front of a command to run it in the other network */
  static start(context: Ending, network: readonly string[]): NetworkDoor {
    const command = [...network, process.execPath, PROGRAM];
    const child = spawnBound(command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const isOver = once(child, 'exit');
    atEnd(context, async () => {
      child.kill('SIGKILL');
      await isOver;
    });
    return new NetworkDoor(child);
  }

  /** Resolves when connections to `host:port` (0: a free one) reach `targetHost:targetPort`. @returns where it listens */
  async open(host: string, port: number, targetHost: string, targetPort: number): Promise<DoorTarget> {
    const server = createServer();
    server.listen({ host, port });
    await once(server, 'listening');
    const address = server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    await this.#give(server, { host: targetHost, port: targetPort });
    return { host, port: bound };
  }

  #give(server: Server, target: DoorTarget): Promise<void> {
    const given = this.#last.then(async () => {
      const taken = once(this.#child, 'message');
      this.#child.send(target, server);
      await taken;
      // The other process holds it now; here nobody may accept.
      server.close();
    });
    this.#last = given;
    return given;
  }
}
