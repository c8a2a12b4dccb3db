/**
 * A Docker engine on a script: it answers what an engine of the given version answers, and tells the events of each
 * command in the order that was recorded of 20.10, 26.1 and 28.5.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import path from 'node:path';
import { atEnd, type Ending, temporaryFolder } from '../at-end.js';
import { inspectionOf, type Made, NEVER, type ScriptedContainer, summaryOf } from './scripted-container.js';

type Release = 20 | 26 | 28;

const API: Readonly<Record<Release, string>> = { 20: '1.41', 26: '1.45', 28: '1.51' };

/** What an answer is instead of the usual one. */
type Answer =
  | {
      readonly status?: number;
      readonly body: string;
      readonly isCut?: boolean;
      /** It is sent then. */
      readonly after?: Promise<void>;
    }
  | 'silent'
  | 'broken';

/** Of one stream, as its request asks for it. */
interface EventFilter {
  readonly type: readonly string[];
  readonly event: readonly string[];
}

export class ScriptedEngine {
  readonly socketPath: string;
  readonly release: Release;
  apiVersion: string;
  readonly containers = new Map<string, ScriptedContainer>();
  /** Requests so far, such as `GET /v1.41/containers/json?all=1`. */
  readonly requests: string[] = [];
  /** The password for a registry that the last request with this path gave, as JSON; null: none. */
  readonly registryAuths = new Map<string, string | null>();
  /** Of the first request, by Date.now(). */
  firstAskedAt: number | null = null;
  /** Events are made and told to nobody. */
  isDeaf = false;
  /** Looked up by the path behind the version; called at each request. */
  readonly answers = new Map<string, () => Answer | null>();
  readonly #streams = new Map<ServerResponse, EventFilter>();
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  /** Of the engine: each event and each start is a little later than the one before. */
  #nowMs = Date.UTC(2026, 10, 29, 12);

  constructor(socketPath: string, release: Release) {
    this.socketPath = socketPath;
    this.release = release;
    this.apiVersion = API[release];
  }

  static async start(context: Ending, release: Release = 28): Promise<ScriptedEngine> {
    const engine = new ScriptedEngine(path.join(temporaryFolder(context, 'engine'), 'docker.sock'), release);
    await engine.listen();
    atEnd(context, () => engine.stop());
    return engine;
  }

  get url(): string {
    return `unix://${this.socketPath}`;
  }

  get streams(): number {
    return this.#streams.size;
  }

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.socketPath);
    await once(this.#server, 'listening');
  }

  /** As an engine that ends: its streams are reset, and its socket goes, or stays if it was killed. */
  async stop(isOrderly = true): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    if (isOrderly) rmSync(this.socketPath, { force: true });
    // Closing has removed it.
    else await leaveSocket(this.socketPath);
  }

  /** Ends all event streams, in an orderly way. */
  endStreams(): void {
    for (const stream of this.#streams.keys()) stream.end();
  }

  /** To all streams, as it stands. */
  write(bytes: string | Uint8Array): void {
    for (const stream of this.#streams.keys()) stream.write(bytes);
  }

  /** What an inspection says of a container now. */
  inspection(container: ScriptedContainer): string {
    return JSON.stringify(inspectionOf(container));
  }

  /** Time goes on, by the engine's clock. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }

  create(name: string, made: Made = {}): ScriptedContainer {
    const id = createHash('sha256').update(`${name} ${this.#tick()}`).digest('hex');
    const networks = made.networks ?? { bridge: `172.17.0.${this.containers.size + 2}` };
    const networksNow = {};
    const container: ScriptedContainer = {
      ...made,
      networks,
      id,
      name,
      networksNow,
      state: 'created',
      startedAt: NEVER,
      exitCode: 0,
      healthNow: null,
    };
    this.containers.set(id, container);
    return container;
  }

  run(name: string, made: Made = {}): ScriptedContainer {
    const container = this.create(name, made);
    this.begin(container);
    return container;
  }

  begin(container: ScriptedContainer): void {
    container.networksNow = container.networks;
    for (const network of Object.keys(container.networksNow)) this.#tellNetwork(container, 'connect', network);
    container.state = 'running';
    container.startedAt = this.#timeText(this.#tick());
    container.healthNow = container.health ?? null;
    this.tell(container, 'start');
  }

  /** `docker stop`, of a process that ends at once; events that come before the end and after it. */
  stopContainer(container: ScriptedContainer, signal = '15'): void {
    this.tell(container, 'kill', { signal });
    if (container.state === 'paused') this.tell(container, 'unpause');
    this.#end(container, signal === '9' ? 137 : 0, ['stop']);
  }

  /** `docker kill`. */
  kill(container: ScriptedContainer, signal = '9'): void {
    this.tell(container, 'kill', { signal });
    if (signal === '9') this.#end(container, 137, []);
  }

  crash(container: ScriptedContainer, exitCode = 1): void {
    this.#end(container, exitCode, []);
  }

  outOfMemory(container: ScriptedContainer): void {
    this.tell(container, 'oom');
    this.#end(container, 137, []);
  }

  restart(container: ScriptedContainer): void {
    this.stopContainer(container);
    this.begin(container);
    this.tell(container, 'restart');
  }

  /** `docker rm -f`. */
  remove(container: ScriptedContainer): void {
    if (container.state !== 'exited') this.kill(container);
    this.containers.delete(container.id);
    this.tell(container, 'destroy');
  }

  pause(container: ScriptedContainer): void {
    container.state = 'paused';
    this.tell(container, 'pause');
  }

  unpause(container: ScriptedContainer): void {
    container.state = 'running';
    this.tell(container, 'unpause');
  }

  /** `docker network connect`. */
  connect(container: ScriptedContainer, network: string, address: string): void {
    container.networks = { ...container.networks, [network]: address };
    container.networksNow = { ...container.networksNow, [network]: address };
    this.#tellNetwork(container, 'connect', network);
  }

  /** `docker network disconnect`. */
  disconnect(container: ScriptedContainer, network: string): void {
    const rest = Object.entries(container.networksNow).filter(([name]) => name !== network);
    container.networksNow = Object.fromEntries(rest);
    this.#tellNetwork(container, 'disconnect', network);
  }

  setHealth(container: ScriptedContainer, health: string): void {
    container.healthNow = health;
    this.tell(container, `health_status: ${health}`);
  }

  /** One run of its HEALTHCHECK that changes nothing. */
  check(container: ScriptedContainer): void {
    for (const action of ['exec_create: /bin/check', 'exec_start: /bin/check']) this.tell(container, action);
    this.tell(container, 'exec_die', { exitCode: '0' });
  }

  tell(container: ScriptedContainer, action: string, attributes: Readonly<Record<string, string>> = {}): void {
    const Attributes = { ...container.labels, image: 'app:1', name: container.name, ...attributes };
    this.#write({ Type: 'container', Action: action, Actor: { ID: container.id, Attributes } });
  }

  #end(container: ScriptedContainer, exitCode: number, behind: readonly string[]): void {
    const die = (): void => this.tell(container, 'die', { exitCode: String(exitCode) });
    const disconnect = (): void => {
      for (const name of Object.keys(container.networksNow)) this.#tellNetwork(container, 'disconnect', name);
    };
    const later = (): void => {
      for (const action of behind) this.tell(container, action);
    };
    container.state = 'exited';
    container.exitCode = exitCode;
    for (const step of this.release === 20 ? [die, disconnect, later] : [disconnect, later, die]) step();
    container.networksNow = {};
  }

  #tellNetwork(container: ScriptedContainer, action: string, network: string): void {
    const ID = createHash('sha256').update(network).digest('hex');
    this.#write({
      Type: 'network',
      Action: action,
      Actor: { ID, Attributes: { container: container.id, name: network, type: 'bridge' } },
    });
  }

  #write(event: { readonly Type: string; readonly Action: string; readonly Actor: object }): void {
    const atMs = this.#tick();
    const time = Math.floor(atMs / 1_000);
    if (this.isDeaf) return;
    const line = `${JSON.stringify({ ...event, scope: 'local', time, timeNano: atMs * 1e6 })}\n`;
    for (const [stream, { type, event: actions }] of this.#streams) {
      // An engine compares the beginning of the action where a filter names health_status (moby, daemon/events/filter.go).
      if (type.includes(event.Type) && actions.some((one) => event.Action.startsWith(one))) stream.write(line);
    }
  }

  #tick(): number {
    this.#nowMs += 1;
    return this.#nowMs;
  }

  #timeText(ms: number): string {
    return new Date(ms).toISOString().replace('Z', '123456Z');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    this.requests.push(`${request.method} ${url}`);
    this.firstAskedAt ??= Date.now();
    response.setHeader('Api-Version', this.apiVersion);
    const [whole = '', version = ''] = /^\/v(\d+\.\d+)(?=\/)/.exec(url) ?? [];
    const place = url.slice(whole.length).replace(/\?.*$/, '');
    const auth = request.headers['x-registry-auth'];
    this.registryAuths.set(place, typeof auth === 'string' ? Buffer.from(auth, 'base64url').toString() : null);
    const scripted = this.answers.get(place)?.() ?? null;
    if (scripted === 'silent') return;
    if (scripted === 'broken') {
      request.socket.destroy();
      return;
    }
    if (scripted !== null) {
      response.statusCode = scripted.status ?? 200;
      if (scripted.after !== undefined) void scripted.after.then(() => response.end(scripted.body));
      else if (scripted.isCut !== true) response.end(scripted.body);
      else response.write(scripted.body, () => request.socket.destroy());
      return;
    }
    if (version !== '' && Number(version.slice(2)) > Number(this.apiVersion.slice(2))) {
      const message = `client version ${version} is too new. Maximum supported API version is ${this.apiVersion}`;
      this.#send(response, 400, { message });
    } else if (place === '/_ping') response.end('OK');
    else if (place === '/events') this.#stream(url, response);
    else if (place === '/containers/json')
      this.#send(
        response,
        200,
        [...this.containers.values()].map((one) => summaryOf(one, this.#nowMs)),
      );
    else this.#inspect(response, /^\/containers\/([^/]+)\/json$/.exec(place)?.[1] ?? '');
  }

  #stream(url: string, response: ServerResponse): void {
    const filters = new URL(url, 'http://engine').searchParams.get('filters') ?? '';
    this.#streams.set(response, JSON.parse(filters) as EventFilter);
    response.once('close', () => this.#streams.delete(response));
    response.setHeader('content-type', 'application/json');
    response.flushHeaders();
  }

  #inspect(response: ServerResponse, id: string): void {
    const container = this.containers.get(id);
    if (container === undefined) this.#send(response, 404, { message: `No such container: ${id}` });
    else this.#send(response, 200, inspectionOf(container));
  }

  #send(response: ServerResponse, status: number, body: unknown): void {
    response.statusCode = status;
    response.setHeader('content-type', 'application/json');
    response.end(`${JSON.stringify(body)}\n`);
  }
}

/** A socket on which nobody listens, as a killed process leaves it. */
async function leaveSocket(socketPath: string): Promise<void> {
  const program = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', program], { stdio: 'ignore' }), 'exit');
}
