/** An HTTP instance that says what it was told: target, fields, and the PROXY header where one stands in front. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { decodeHeader } from '../../../src/proxy-protocol/decode.js';
import { ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';

export interface Told {
  readonly app: string;
  readonly target: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Of the PROXY header; null where none is awaited. */
  readonly client: string | null;
}

/** @returns its address, as an instance is written */
export async function startToldInstance(context: TestContext, app: string, hasHeader = false): Promise<string> {
  const clients = new WeakMap<Socket, string>();
  const http = createServer((request, response) => {
    request.resume();
    const told: Told = {
      app,
      target: request.url ?? '',
      fields: request.headers as Record<string, string>,
      client: clients.get(request.socket) ?? null,
    };
    response.end(JSON.stringify(told));
  });
  atEnd(context, () => http.closeAllConnections());
  const server: Server = hasHeader ? createTcpServer((socket) => readHeader(socket)) : http;
  const readHeader = (socket: Socket): void => {
    socket.on('error', () => {});
    socket.once('data', (bytes: Buffer) => {
      const decoded = decodeHeader(bytes, 0, bytes.length);
      // The header comes in one piece with the request; a check that sends none, or breaks off, is of no interest.
      if (decoded.state !== 'complete') return void socket.destroy();
      clients.set(socket, decoded.header.source?.address ?? 'local');
      socket.unshift(bytes.subarray(decoded.header.length));
      http.emit('connection', socket);
    });
  };
  const host = ownAddress();
  server.listen(0, host);
  await once(server, 'listening');
  atEnd(context, () => void server.close());
  return `${host}:${(server.address() as AddressInfo).port}`;
}
