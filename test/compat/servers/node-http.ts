import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealServer, ServerCommand, ServerPlace } from './real-server.js';

function prepare({ folder, host, port }: ServerPlace, keepAliveMs: number, announces: boolean): ServerCommand {
  const file = path.join(folder, 'program.mjs');
  // With a Connection field of its own Node does not say how long it keeps the connection.
  const field = announces ? '' : "response.setHeader('Connection', 'keep-alive');";
  writeFileSync(
    file,
    `import { createServer } from 'node:http';
const server = createServer((request, response) => {
  request.resume();
  ${field}
  request.on('end', () => response.end('ok'));
});
server.keepAliveTimeout = ${keepAliveMs};
// Newer versions wait for a second longer than they say.
if ('keepAliveTimeoutBuffer' in server) server.keepAliveTimeoutBuffer = 0;
server.listen(${port}, '${host}');
`,
  );
  return { command: [process.execPath, file] };
}

/** node:http, and with it Express, Koa and the like. */
export const nodeHttp: RealServer = {
  name: 'node',
  packages: [],
  needs: [],
  keepAliveMs: 5_000,
  prepare: (place) => prepare(place, 5_000, true),
};

/** node:http with another time, and without a word about it. */
export function silentNode(keepAliveMs: number): RealServer {
  return { ...nodeHttp, name: 'silent-node', keepAliveMs, prepare: (place) => prepare(place, keepAliveMs, false) };
}
