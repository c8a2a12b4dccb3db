/** Stands between a node and its Consul and says what Consul never says when it is asked to: the wrong things. */
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';
import { writeWithoutEnd } from '../traffic/endless-sender.js';
import type { ConsulAgent } from './consul.js';

export type Fault =
  | 'none'
  /** 200 with an empty answer, as a catalogue that has not caught up. */
  | 'empty'
  /** 500 as of a Consul that shuts down. */
  | 'error'
  /** 429 and 400, in turns. */
  | 'refusing'
  /** True answers with index 5: they come at once, again and again. */
  | 'index-back'
  /** 200 with a page of somebody else. */
  | 'html'
  /** Bodies without end, as fast as they are read. */
  | 'endless'
  /** Bodies of 64 MB in a thousandth of that, which nobody asked to have compressed. */
  | 'compressed'
  /** The link breaks in the middle of each body. */
  | 'cut';

export class ConsulFront {
  readonly url: string;
  fault: Fault = 'none';
  /** Requests so far. */
  asked = 0;
  readonly #consul: ConsulAgent;
  readonly #open = new Set<ServerResponse>();

  private constructor(server: Server, consul: ConsulAgent) {
    const { address, port } = server.address() as AddressInfo;
    this.url = `http://${address}:${port}`;
    this.#consul = consul;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response));
  }

  static async start(context: { after(cleanup: () => void): void }, consul: ConsulAgent): Promise<ConsulFront> {
    const server = createServer().listen(0, ownAddress());
    await once(server, 'listening');
    const front = new ConsulFront(server, consul);
    atEnd(context, () => {
      server.closeAllConnections();
      server.close();
    });
    return front;
  }

  /** From now on; blocking queries that wait are broken off, so that nobody learns the truth from an old one. */
  begin(fault: Fault): void {
    this.fault = fault;
    for (const response of this.#open) response.destroy();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.asked += 1;
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
    const isWrite = request.method !== 'GET';
    const json = { 'content-type': 'application/json', 'x-consul-index': '1', 'x-consul-knownleader': 'true' };
    const isKeys = request.url?.startsWith('/v1/kv/') === true;
    switch (isWrite ? 'none' : this.fault) {
      case 'empty':
        // A key that is not there is 404, all else is 200.
        if (isKeys) response.writeHead(404, { 'x-consul-index': '1' }).end();
        else response.writeHead(200, json).end(request.url?.startsWith('/v1/catalog/') === true ? 'null' : '[]');
        return;
      case 'error':
        response.writeHead(500, { 'content-type': 'text/plain' }).end('rpc error: shutting down');
        return;
      case 'refusing':
        response.writeHead(this.asked % 2 === 0 ? 429 : 400).end('no');
        return;
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>welcome</html>');
        return;
      case 'endless':
        response.writeHead(200, json).write('[');
        writeWithoutEnd(response, Buffer.alloc(65_536, '1'));
        return;
      case 'compressed':
        response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipBomb());
        return;
      default:
        this.#pass(request, response);
    }
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    // Consul would wait for what is newer than an index that it never gave.
    const path = this.fault === 'index-back' ? request.url?.replace(/([?&])index=\d+/, '$1') : request.url;
    const sent = httpRequest(
      `${this.#consul.url}${path}`,
      { method: request.method ?? 'GET', headers: request.headers, agent: false },
      (answer) => {
        const headers = { ...answer.headers };
        if (this.fault === 'index-back') headers['x-consul-index'] = '5';
        response.writeHead(answer.statusCode ?? 500, headers);
        if (this.fault !== 'cut') return void answer.pipe(response);
        answer.once('data', (part: Buffer) => response.write(part.subarray(0, 10), () => response.destroy()));
      },
    );
    sent.once('error', () => response.destroy());
    response.once('close', () => sent.destroy());
    request.pipe(sent);
  }
}

let bomb: Buffer | null = null;

function gzipBomb(): Buffer {
  bomb ??= gzipSync(Buffer.alloc(67_108_864));
  return bomb;
}
