/** A client of HTTP/2 through an edge: over TLS, behind the PROXY header of a balancer. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { EdgeProcess } from './edge-process.js';

interface Cleaning {
  after(clean: () => void): void;
}

/** Ended with the test. */
export async function openHttp2(
  context: Cleaning,
  edge: EdgeProcess,
  host: string,
  header: string | Buffer = 'PROXY TCP4 127.0.0.9 127.0.0.9 4711 443\r\n',
): Promise<ClientHttp2Session> {
  const socket = connectTcp({ host: edge.address, port: edge.ports.https });
  await once(socket, 'connect');
  socket.write(header);
  const secure = connectTls({ socket, servername: host, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  await once(secure, 'secureConnect');
  const session = connect(`https://${host}`, { createConnection: () => secure });
  session.on('error', () => {});
  context.after(() => session.destroy());
  return session;
}

export interface Http2Response {
  readonly status: number;
  readonly fields: IncomingHttpHeaders;
  readonly body: string;
}

/** The whole answer; rejects when the stream ends without one. */
export async function http2Response(stream: ClientHttp2Stream): Promise<Http2Response> {
  const [fields] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }];
  let body = '';
  stream.setEncoding('utf8');
  for await (const text of stream) body += text;
  return { status: fields[':status'] ?? 0, fields, body };
}
