/**
 * A program, the app in the containers of tests: an HTTP server that says who it is, and whose start, end and faults are told
 * by the environment, as those of real servers differ. It imports nothing but Node's own: it stands in the image alone.
 *
 * | variable | means |
 * |---|---|
 * | APP | the app's name, in each answer |
 * | PORT | 8080 unless told otherwise |
 * | LISTEN_AFTER_MS | how long its start takes; 0 |
 * | ON_STOP | what it does at SIGTERM (or STOP_SIGNAL): `graceful` closes its listener and its idle connections, answers what is in flight with `Connection: close`, and ends; `lingering` serves on and takes connections for EXIT_AFTER_MS, then is graceful; `abrupt` ends at once; `deaf` does nothing |
 * | EXIT_AFTER_MS | it does not end before; 0 |
 * | KEEP_IDLE | `1`: graceful leaves idle connections open until it ends, and answers on them |
 * | STOP_SIGNAL | SIGTERM unless told otherwise |
 *
 * | path | |
 * |---|---|
 * | /health | 200, or 503 after /unhealthy, until /healthy |
 * | /slow?ms=N | answers after N ms |
 * | /held | answers at the next /release |
 * | /large?bytes=N | N bytes, and `gave N` on standard output when the kernel has them all |
 * | /crash | ends with code 1, without an answer |
 * | /hog | takes memory until the kernel ends it |
 * | all else | 200; a body that came is counted |
 *
 * Each answer is JSON: {app, container, pid, bytes}, and the fields X-App and X-Container say the same. A request that came
 * after the signal has X-Since-Stop-Ms in its answer: a proxy that had drained the container would not have sent it.
 * On standard output: `listening` when it does; `stop T` at the signal, T of Date.now().
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server } from 'node:net';
import { hostname } from 'node:os';

const env = process.env;
const app = env.APP ?? 'app';
const port = Number(env.PORT ?? 8080);
const exitAfterMs = Number(env.EXIT_AFTER_MS ?? 0);

let isHealthy = true;
/** Date.now() at the signal to stop. */
let stoppedAt: number | null = null;
let isEnding = false;
/** It ends with the last answer. */
let isDue = false;
let inFlight = 0;
const hoard: Buffer[] = [];
const held: (() => void)[] = [];

function answer(response: ServerResponse, status: number, bytes: number): void {
  if (response.destroyed) return;
  if (isEnding && env.KEEP_IDLE !== '1') response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json', 'x-app': app, 'x-container': hostname() });
  response.end(`${JSON.stringify({ app, container: hostname(), pid: process.pid, bytes })}\n`);
}

/** Anonymous memory that is really used. */
function hog(): void {
  hoard.push(Buffer.alloc(16 * 1_048_576, 1));
  setImmediate(hog);
}

function onRequest(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  inFlight += 1;
  if (stoppedAt !== null) response.setHeader('x-since-stop-ms', Date.now() - stoppedAt);
  response.on('close', () => {
    inFlight -= 1;
    endWhenDone();
  });
  request.on('data', (part: Buffer) => {
    bytes += part.length;
  });
  request.on('end', () => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://app');
    if (pathname === '/crash') process.exit(1);
    if (pathname === '/large') {
      const size = Number(searchParams.get('bytes'));
      response.writeHead(200, { 'content-length': size });
      response.end(Buffer.alloc(size, 'x'), () => console.log(`gave ${size}`));
      return;
    }
    if (pathname === '/hog') hog();
    else if (pathname === '/slow') setTimeout(() => answer(response, 200, bytes), Number(searchParams.get('ms')));
    else if (pathname === '/held') held.push(() => answer(response, 200, bytes));
    else {
      if (pathname === '/release') for (const release of held.splice(0)) release();
      if (pathname === '/unhealthy' || pathname === '/healthy') isHealthy = pathname === '/healthy';
      answer(response, pathname === '/health' && !isHealthy ? 503 : 200, bytes);
    }
  });
}

const server = createServer(onRequest);
// Not this server's idle time-out is tested, but its end.
server.keepAliveTimeout = 600_000;

function endGracefully(notBeforeMs: number): void {
  isEnding = true;
  // Node's own close() of an HTTP server closes idle connections too.
  if (env.KEEP_IDLE === '1') Server.prototype.close.call(server);
  else server.close();
  setTimeout(() => {
    isDue = true;
    endWhenDone();
  }, notBeforeMs);
}

function endWhenDone(): void {
  if (isDue && inFlight === 0) process.exit(0);
}

function onStop(): void {
  if (stoppedAt !== null) return;
  stoppedAt = Date.now();
  if (env.ON_STOP === 'lingering') setTimeout(() => endGracefully(0), exitAfterMs);
  else if (env.ON_STOP !== 'deaf' && env.ON_STOP !== 'abrupt') endGracefully(exitAfterMs);
  // Those who read it find what it says done.
  console.log(`stop ${stoppedAt}`);
  if (env.ON_STOP === 'abrupt') process.exit(0);
}

// The first process of a container ignores what it has no listener for.
process.on((env.STOP_SIGNAL ?? 'SIGTERM') as NodeJS.Signals, onStop);
server.on('listening', () => console.log('listening'));
setTimeout(() => server.listen(port), Number(env.LISTEN_AFTER_MS ?? 0));
