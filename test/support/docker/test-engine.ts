/**
 * A real Docker engine on a machine of its own (own-machine.ts): its own bridge, firewall, containers and disk, so that any
 * number run side by side, and a test may kill them as it likes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { atEnd, type Ending } from '../at-end.js';
import { eventually } from '../eventually.js';
import { type MachineOptions, OwnMachine } from '../machine/own-machine.js';
import { APP_IMAGE, appImageFiles, importAppImage } from './app-image.js';
import { DockerCommand } from './docker-command.js';
import { type DockerPrograms, type DockerVersion, findDocker } from './docker-versions.js';
import { KeptLayers } from './kept-layers.js';

const START_MS = 60_000;

export interface EngineOptions extends MachineOptions {
  readonly version: DockerVersion;
  /** APP_IMAGE of app-image.ts is there; true unless told otherwise. */
  readonly hasApp?: boolean;
  /** true unless told otherwise; without, containers have the machine's network or none. */
  readonly bridge?: boolean;
  /** Containers go on while the engine is down. */
  readonly liveRestore?: boolean;
  /** More flags of dockerd. */
  readonly flags?: readonly string[];
  /** What the engine's machine is called. */
  readonly hostName?: string;
}

/** How a container of the test app is run. */
export interface AppOptions {
  /** As container-app.ts reads it. */
  readonly env?: Readonly<Record<string, string | number>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** More flags of `docker run`, as `--health-cmd` or `--memory`. */
  readonly flags?: readonly string[];
  /** In place of the image's own. */
  readonly command?: readonly string[];
}

export interface AppContainer {
  readonly id: string;
  readonly name: string;
  /** On the bridge; empty without. */
  readonly address: string;
  readonly port: number;
}

/** A stream of the engine's events; it ends with the engine, and holds up the end of 28 by 5 s while it is open. */
export class EventNotes {
  /** `TYPE ACTION` of each, in order; `kill` has its signal behind it. */
  readonly seen: string[] = [];
  /** When `TYPE ACTION` last happened to a container (`TYPE ACTION ID`), by the clock of the engine: ms with a fraction. */
  readonly lastAt = new Map<string, number>();
  readonly #response: IncomingMessage;

  constructor(response: IncomingMessage) {
    this.#response = response;
    createInterface({ input: response })
      .on('line', (line) => {
        const { Type, Action, Actor, timeNano } = JSON.parse(line) as EngineEvent;
        this.lastAt.set(`${Type} ${Action} ${Actor.Attributes.container ?? Actor.ID}`, timeNano / 1e6);
        this.seen.push([Type, Action, Actor.Attributes.signal].filter((word) => word !== undefined).join(' '));
      })
      .on('error', () => {});
  }

  close(): void {
    this.#response.destroy();
  }
}

interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** So late the engine may note the start of a container. */
const START_NOTED_S = 0.5;

export class TestEngine {
  readonly version: DockerVersion;
  readonly machine: OwnMachine;
  readonly socketPath: string;
  readonly #programs: DockerPrograms;
  readonly #command: DockerCommand;
  readonly #data: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | null = null;
  #said = '';

  private constructor(machine: OwnMachine, programs: DockerPrograms, options: EngineOptions) {
    this.machine = machine;
    this.version = options.version;
    this.socketPath = path.join(machine.folder, 'docker.sock');
    this.#programs = programs;
    this.#command = new DockerCommand(programs, this.socketPath, options.version === '20.10');
    const configFile = path.join(machine.folder, 'daemon.json');
    writeFileSync(configFile, '{}');
    this.#data = path.join(machine.disk, 'data');
    this.#flags = [
      ...['--data-root', this.#data, '--exec-root', path.join(machine.disk, 'exec'), '--pidfile', this.#pidFile],
      ...['--host', `unix://${this.socketPath}`, '--group', '0', '--config-file', configFile],
      ...['--cgroup-parent', `/${machine.cgroup}`],
      // Nothing here is asked over IPv6; its tables would be a fifth of what the engine's start costs.
      '--ip6tables=false',
      ...(options.bridge === false ? ['--bridge=none', '--iptables=false'] : []),
      ...(options.liveRestore === true ? ['--live-restore'] : []),
      ...(options.flags ?? []),
    ];
  }

  /** Resolves when it answers; it and all that it started end with the test. */
  static async start(context: Ending, options: EngineOptions): Promise<TestEngine> {
    const programs = findDocker(options.version);
    if (programs === null) throw new Error('npm test fetches the engine');
    const machine = await OwnMachine.start(context, options.hostName ?? 'engine', options);
    const engine = new TestEngine(machine, programs, options);
    // The machine's end would end it too; but this process then saw it die of itself.
    atEnd(context, () => engine.kill());
    if (options.hasApp === false) await engine.launch();
    else await engine.#launchWithApp();
    return engine;
  }

  /** In front of a command that is to reach the containers: `autoproxy node`, a client. It becomes that command. */
  get namespace(): readonly string[] {
    return this.machine.network;
  }

  /** `docker ARGS`. @returns what it printed. @throws Error with what it said */
  docker(...args: readonly string[]): Promise<string> {
    return this.#command.run(...args);
  }

  /** What a container said, on both streams. */
  logs(container: string): Promise<string> {
    return this.#command.logs(container);
  }

  /** `docker run`; resolves as soon as the container runs: the app may not listen yet. */
  async runApp(
    name: string,
    { env = {}, labels = {}, flags = [], command = [] }: AppOptions = {},
  ): Promise<AppContainer> {
    const settings = Object.entries({ APP: name, ...env }).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const marks = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
    const words = [...settings, ...marks, ...flags, APP_IMAGE, ...command];
    const id = await this.docker('run', '--detach', '--name', name, ...words);
    return { id, name, address: await this.addressOf(name), port: Number(env.PORT ?? 8080) };
  }

  /** `runApp`; resolves when the app listens. Before that it would not obey a signal either. */
  async startApp(name: string, options: AppOptions = {}): Promise<AppContainer> {
    const container = await this.runApp(name, options);
    await this.untilSaid(container.id, 'listening');
    return container;
  }

  /** A container's address on the bridge, now. */
  async addressOf(container: string): Promise<string> {
    return this.docker('inspect', '--format', '{{.NetworkSettings.Networks.bridge.IPAddress}}', container);
  }

  /** Resolves when a container has said this since its last start; rejects when it has ended before. */
  async untilSaid(container: string, words: string): Promise<void> {
    const startedAt = await this.docker('inspect', '--format', '{{.State.StartedAt}}', container);
    // On a busy machine the engine notes the start when the program has said its first words already.
    const since = (Date.parse(startedAt) / 1_000 - START_NOTED_S).toFixed(3);
    await new Promise<void>((resolve, reject) => {
      const path = `/containers/${container}/logs?stdout=1&stderr=1&follow=1&since=${since}`;
      const call = request({ socketPath: this.socketPath, agent: false, path }, (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (part: string) => {
          text += part;
          if (!text.includes(words)) return;
          resolve();
          call.destroy();
        });
        response.on('close', () => reject(new Error(`${container} ended before it said "${words}"; it said: ${text}`)));
      });
      call.on('error', reject);
      call.end();
    });
  }

  /** Notes events from now on. */
  async events(): Promise<EventNotes> {
    const call = request({ socketPath: this.socketPath, agent: false, path: '/events' });
    call.end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    return new EventNotes(response);
  }

  /** One call of the API, without the 30 ms that a command takes. `path`: as `/containers/shop-1/stop?t=2` */
  call(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const options = { socketPath: this.socketPath, agent: false, method, path, headers };
      const call = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async #launchWithApp(): Promise<void> {
    const layers = new KeptLayers(this.version, appImageFiles(), this.machine, this.#data);
    const isGiven = await layers.give();
    await this.launch();
    if (isGiven) return;
    await importAppImage(this.#command, this.machine.folder);
    await layers.keep();
  }

  /** Starts it, the first time or again after `stop` or `kill`; resolves when it answers. */
  async launch(): Promise<void> {
    const command = [...this.machine.inside, this.#programs.dockerd, ...this.#flags];
    const [program = '', ...words] = command;
    const child = spawn(program, words, { env: this.#command.env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-20_000);
    });
    await eventually(
      'the engine answers',
      async () => {
        if (child.exitCode !== null) throw new Error(`dockerd ended; it said:\n${this.#said}`);
        return existsSync(this.socketPath) && (await this.call('GET', '/_ping').then(isOk, () => false));
      },
      START_MS,
    );
  }

  /** As a service manager does; resolves when it has ended. Without live-restore its containers end before. */
  stop(): Promise<void> {
    return this.#end('TERM');
  }

  /** Its containers are not asked. */
  kill(): Promise<void> {
    return this.#end('KILL');
  }

  /** `stop` and `launch`: the same folders and socket. */
  async restart(): Promise<void> {
    await this.stop();
    await this.launch();
  }

  /** It takes connections and answers nothing; its streams are silent. Its containers go on. */
  async freeze(): Promise<void> {
    await this.#signal('STOP');
    // nsenter stops with it, and wakes it when it is itself woken.
    const stat = `/proc/${this.#child?.pid}/stat`;
    await eventually('the engine is frozen', () => /\) T /.test(readFileSync(stat, 'latin1')));
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** The end of what it logged. */
  get said(): string {
    return this.#said;
  }

  get #pidFile(): string {
    return path.join(this.machine.folder, 'dockerd.pid');
  }

  async #end(signal: 'TERM' | 'KILL'): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (existsSync(this.#pidFile)) await this.#signal(signal);
    else child.kill('SIGKILL');
    // After `freeze`; else it does nothing.
    this.thaw();
    await ended;
  }

  /** The child is nsenter, which waits for the engine; the engine's own id is one of the machine's. */
  async #signal(name: string): Promise<void> {
    await this.machine.run('sh', '-c', `kill -${name} ${readFileSync(this.#pidFile, 'latin1').trim()}`);
  }
}

function isOk({ status, body }: ApiAnswer): boolean {
  return status === 200 && body === 'OK';
}
