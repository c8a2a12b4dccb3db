/** A client of HTTP/2 through an edge: over TLS, behind the PROXY header of a balancer. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { atEnd, type Ending } from '../at-end.js';
import type { EdgeProcess } from './edge-process.js';

/** Ended with the test. */
export async function openHttp2(
  context: Ending,
  edge: EdgeProcess,
  host: string,
  client?: string,
): Promise<ClientHttp2Session> {
  const secure = await edge.secure(host, client, ['h2']);
  const session = connect(`https://${host}`, { createConnection: () => secure });
  session.on('error', () => {});
  atEnd(context, () => session.destroy());
  return session;
}

/** A websocket by extended CONNECT (RFC 8441). */
export async function openHttp2Websocket(session: ClientHttp2Session, host: string): Promise<ClientHttp2Stream> {
  if (session.remoteSettings === undefined) await once(session, 'remoteSettings');
  const fields = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', ':authority': host };
  const websocket = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const stream = session.request({ ...fields, ':scheme': 'https', ...websocket }, { endStream: false });
  stream.on('error', () => {});
  return stream;
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
