/** What stands where a command looks for a node, and how the client has to fail. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { TestContext } from 'node:test';
import { AdminClientError, type AdminClientErrorKind } from '../../src/admin/client-error.js';
import { atEnd } from '../support/at-end.js';

export const HOST = '127.0.93.2';

/** A listener that answers every connection with the same bytes, or with none. @param afterMs how late */
export async function startListener(context: TestContext, bytes: string | null, afterMs = 0): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    atEnd(context, () => socket.destroy());
    if (bytes !== null) socket.once('data', () => setTimeout(() => socket.end(bytes, 'latin1'), afterMs));
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  atEnd(context, () => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `${HOST}:${address.port}`;
}

export function jsonBytes(status: number, document: unknown): string {
  const body = JSON.stringify(document);
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}

export function failsAs(kind: AdminClientErrorKind, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AdminClientError, String(error));
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, message);
    assert.notEqual(error.hint, '');
    return true;
  };
}
