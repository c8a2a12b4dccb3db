import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { COMMON_PAGES, LARGE_BYTES } from './pages.js';
import type { RealServer, ServerCommand, ServerPlace } from './real-server.js';

const program = (host: string, port: number, keepAliveMs: number, field: string): string => `
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { WebSocketServer } from '${import.meta.resolve('ws')}';
const server = createServer(async (request, response) => {
  let length = 0;
  for await (const bytes of request) length += bytes.length;
  ${field}
  response.setHeader('Content-Type', 'text/plain');
  switch (request.url.split('?')[0]) {
    case '/echo': {
      const seen = [];
      for (let i = 0; i < request.rawHeaders.length; i += 2) seen.push(request.rawHeaders.slice(i, i + 2).join(': '));
      const trailers = JSON.stringify(request.trailers);
      const lines = ['method: ' + request.method, 'target: ' + request.url, ...seen.sort(), 'trailers: ' + trailers];
      return response.end(Buffer.from([...lines, 'body: ' + length, ''].join('\\n'), 'latin1'));
    }
    case '/large': return response.end('large'.repeat(${LARGE_BYTES / 5}));
    case '/chunked':
      response.write('one\\n');
      await setTimeout(20);
      return response.end('two\\n');
    case '/none': return response.removeHeader('Content-Type'), response.writeHead(204).end();
    case '/moved': return response.writeHead(302, { Location: '/?moved' }).end('moved');
    case '/cookies': return response.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; HttpOnly']), response.end('cookies');
    case '/gzip':
      if (!request.headers['accept-encoding']?.includes('gzip')) return response.end('compressed');
      return response.setHeader('Content-Encoding', 'gzip'), response.end(gzipSync('compressed'));
    case '/trailers':
      // For HTTP/1.0 it refuses to, with an exception.
      if (request.httpVersion === '1.0') return response.end('body');
      response.setHeader('Trailer', 'X-Sum');
      response.write('body');
      response.addTrailers({ 'X-Sum': '4' });
      return response.end();
    case '/hints':
      if (request.httpVersion !== '1.0') response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      return response.end('hinted');
    case '/cut':
      response.setHeader('Content-Length', '1000');
      return response.write('short', () => response.socket.end());
    default: return response.end('ok');
  }
});
const sockets = new WebSocketServer({ server, path: '/socket' });
sockets.on('connection', (socket) => socket.on('message', (bytes, isBinary) => socket.send(bytes, { binary: isBinary })));
server.keepAliveTimeout = ${keepAliveMs};
// Newer versions wait for a second longer than they say.
if ('keepAliveTimeoutBuffer' in server) server.keepAliveTimeoutBuffer = 0;
server.listen(${port}, '${host}');
`;

function prepare({ folder, host, port }: ServerPlace, keepAliveMs: number, announces: boolean): ServerCommand {
  const file = path.join(folder, 'program.mjs');
  // With a Connection field of its own Node does not say how long it keeps the connection.
  const field = announces ? '' : "response.setHeader('Connection', 'keep-alive');";
  writeFileSync(file, program(host, port, keepAliveMs, field));
  return { command: [process.execPath, file] };
}

/** node:http, and with it Express, Koa and the like. */
export const nodeHttp: RealServer = {
  name: 'node',
  packages: [],
  needs: [],
  keepAliveMs: 5_000,
  pages: [...COMMON_PAGES, '/trailers', '/hints', '/cut', '/socket'],
  prepare: (place) => prepare(place, 5_000, true),
};

/** node:http with another time, and without a word about it. */
export function silentNode(keepAliveMs: number): RealServer {
  return { ...nodeHttp, name: 'silent-node', keepAliveMs, prepare: (place) => prepare(place, keepAliveMs, false) };
}
