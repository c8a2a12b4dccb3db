/** Many instances in one process: each a port of its own that answers every GET with its address. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { bindChild } from '../leftovers.js';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export class ManyInstances {
  readonly places: readonly Place[];
  readonly #child: ChildProcess;

  private constructor(places: readonly Place[], child: ChildProcess) {
    this.places = places;
    this.#child = child;
  }

  /** Ports from `firstPort` on; resolves when all of them listen. */
  static async start(host: string, firstPort: number, count: number): Promise<ManyInstances> {
    const child = fork(fileURLToPath(import.meta.url), [host, String(firstPort), String(count)]);
    bindChild(child);
    await once(child, 'message');
    const places = Array.from({ length: count }, (_, index) => ({ host, port: firstPort + index }));
    return new ManyInstances(places, child);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

const [host, firstPort, count] = process.argv.slice(2);
if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  for (let index = 0; index < Number(count); index += 1) {
    const port = Number(firstPort) + index;
    const body = `${host}:${port}`;
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const text = `${body} ${request.url}`;
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': text.length }).end(text);
    });
    server.listen(port, host);
    await once(server, 'listening');
  }
  process.send('listening');
}
