/** An instance as a process of its own, so that it can be killed: answers every GET with its address and the path. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { endChild } from './leftovers.js';

export class InstanceProcess {
  readonly host: string;
  readonly port: number;
  #child: ChildProcess | null = null;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  async start(): Promise<void> {
    const child = fork(fileURLToPath(import.meta.url), [this.host, String(this.port)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    await once(child, 'message');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await endChild(child);
  }
}

const [host, port] = process.argv.slice(2);
if (process.send !== undefined && host !== undefined && port !== undefined) {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const body = `${host}:${port} ${request.url}`;
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length }).end(body);
  });
  server.listen(Number(port), host, () => process.send?.('listening'));
}
