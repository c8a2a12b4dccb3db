/** What the tests of containers rely on, without a container: how the test app starts and ends. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createInterface, type Interface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';
import { spawnBound } from '../machine/bound-process.js';
import { isListening } from '../machine/processes.js';

const PROGRAM = fileURLToPath(new URL('container-app.js', import.meta.url));

class RunningApp {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #host = ownAddress();
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });
  readonly exited: Promise<unknown>;

  private constructor(context: TestContext, port: number, env: Readonly<Record<string, string>>) {
    const settings = { PATH: process.env.PATH, APP: 'shop', PORT: String(port), ...env };
    this.#child = spawnBound([process.execPath, PROGRAM], { env: settings, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#port = port;
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.exited = once(this.#child, 'exit').then(([code, signal]) => code ?? signal);
    atEnd(context, async () => {
      this.#agent.destroy();
      this.#child.kill('SIGKILL');
      await this.exited;
    });
  }

  static async start(context: TestContext, env: Readonly<Record<string, string>>): Promise<RunningApp> {
    // It listens on all addresses.
    const app = new RunningApp(context, await freePort('0.0.0.0'), env);
    assert.deepEqual(await once(app.#lines, 'line'), ['listening']);
    return app;
  }

  /** Resolves when it has taken the signal in. */
  async signal(): Promise<void> {
    const said = once(this.#lines, 'line');
    this.#child.kill('SIGTERM');
    assert.match(String(await said), /^stop \d{13}$/);
  }

  /** Over a kept connection. @returns `STATUS` with `close` behind it, or the error */
  async ask(path: string, body?: string): Promise<string> {
    const call = request({
      host: this.#host,
      port: this.#port,
      path,
      agent: this.#agent,
      method: body ? 'POST' : 'GET',
    });
    call.end(body);
    try {
      const [response] = (await once(call, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      const { connection, 'x-app': app, 'x-since-stop-ms': since } = response.headers;
      return [response.statusCode, app, connection, since === undefined ? null : 'after'].filter(Boolean).join(' ');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }

  isListening(): Promise<boolean> {
    return isListening(this.#host, this.#port);
  }
}

test('graceful: closes its listener and idle connections, and ends with the last answer', async (context) => {
  const app = await RunningApp.start(context, {});
  assert.equal(await app.ask('/', 'body'), '200 shop keep-alive');
  const slow = app.ask('/slow?ms=300');
  await app.ask('/');
  await app.signal();
  assert.equal(await app.isListening(), false);
  assert.equal(await app.ask('/'), 'ECONNREFUSED');
  assert.equal(await slow, '200 shop close');
  assert.equal(await app.exited, 0);
});

test('graceful with KEEP_IDLE and EXIT_AFTER_MS: answers on connections that were open until it ends', async (context) => {
  const app = await RunningApp.start(context, { KEEP_IDLE: '1', EXIT_AFTER_MS: '300' });
  await app.ask('/');
  await app.signal();
  assert.equal(await app.isListening(), false);
  assert.equal(await app.ask('/'), '200 shop keep-alive after');
  assert.equal(await app.exited, 0);
});

test('lingering: takes connections until EXIT_AFTER_MS', async (context) => {
  const app = await RunningApp.start(context, { ON_STOP: 'lingering', EXIT_AFTER_MS: '300' });
  await app.signal();
  assert.equal(await app.ask('/'), '200 shop keep-alive after');
  assert.equal(await app.exited, 0);
});

test('abrupt: what is in flight is lost', async (context) => {
  const app = await RunningApp.start(context, { ON_STOP: 'abrupt' });
  const slow = app.ask('/slow?ms=5000');
  await app.ask('/');
  await app.signal();
  assert.equal(await slow, 'ECONNRESET');
  assert.equal(await app.exited, 0);
});

test('deaf: serves on', async (context) => {
  const app = await RunningApp.start(context, { ON_STOP: 'deaf' });
  await app.signal();
  assert.equal(await app.ask('/'), '200 shop keep-alive after');
});

test('its start takes as long as told, its health can be turned, and it can crash', async (context) => {
  const startedAt = performance.now();
  const app = await RunningApp.start(context, { LISTEN_AFTER_MS: '200' });
  assert.ok(performance.now() - startedAt >= 200);
  assert.equal(await app.ask('/health'), '200 shop keep-alive');
  await app.ask('/unhealthy');
  assert.equal(await app.ask('/health'), '503 shop keep-alive');
  await app.ask('/healthy');
  assert.equal(await app.ask('/health'), '200 shop keep-alive');
  assert.equal(await app.ask('/crash'), 'ECONNRESET');
  assert.equal(await app.exited, 1);
});
