/** A front door as people run it: `autoproxy edge run` over a registry and a site in a folder, with real HAProxy. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Master, type MasterState } from '../../../edge/haproxy/master.js';
import { Runtime } from '../../../edge/haproxy/runtime.js';
import { ReleaseDirectory } from '../../../edge/release/release-directory.js';
import { ownAddress } from '../addresses.js';
import { atEnd, type Ending } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from '../machine/bound-process.js';
import { descendantsOf } from '../machine/processes.js';
import { CLI_ENTRY, type CliResult, runCli } from '../node/run-cli.js';
import { runCliHere } from '../node/run-cli-here.js';
import { EdgeClient, type EdgePorts, freeEdgePorts, listenText, startApp } from './edge-process.js';
import { definitionsOf, edgeFolder, siteText } from './edge-release.js';
import { haproxyOfVersion, type TestedVersion } from './haproxy-versions.js';

/** On a busy machine Node alone takes seconds to start. */
const STARTED_MS = 30_000;

export interface DeploymentSetting {
  readonly version: TestedVersion;
  /** Further lines of edge.yml. */
  readonly site?: string;
  /** Value of `servers` in edge.yml; without it the apps' own servers at `node`. */
  readonly servers?: string;
  /** URL of the Consul that is the registry; without it a directory is. */
  readonly consul?: string;
  /** `process.max_connections` of the site; null: not written. */
  readonly maxConnections?: number | null;
  /** Started in the place of HAProxy of this version. */
  readonly program?: string;
}

export class EdgeDeployment extends EdgeClient {
  readonly node: string;
  readonly directory: ReleaseDirectory;
  readonly master: Master;
  readonly runtime: Runtime;
  readonly program: string;
  readonly #servers: string;
  readonly #consul: string | null;
  readonly #maxConnections: number | null;
  #child: ChildProcess | null = null;
  #exited: Promise<number | null> = Promise.resolve(null);
  #log = '';
  /** Masters that were seen: one of them may be in no state to answer at the end. */
  readonly #masters = new Set<number>();

  private constructor(
    folder: string,
    address: string,
    ports: EdgePorts,
    { version, servers, consul, maxConnections = 200, program }: DeploymentSetting,
  ) {
    super(folder, address, ports);
    this.node = ownAddress();
    this.program = program ?? haproxyOfVersion(version);
    this.#servers = servers ?? `{nodes: {alpha: [${this.node}]}, send_proxy: none}`;
    this.#consul = consul ?? null;
    this.#maxConnections = maxConnections;
    this.directory = new ReleaseDirectory(path.join(folder, 'state'));
    this.master = new Master(path.join(folder, 'run/master.sock'));
    this.runtime = new Runtime(path.join(folder, 'run/admin.sock'));
  }

  /** The files are there; nothing runs yet. */
  static async create(context: Ending, setting: DeploymentSetting) {
    const address = ownAddress();
    const deployment = new EdgeDeployment(edgeFolder(context), address, await freeEdgePorts(address), setting);
    mkdirSync(path.join(deployment.folder, 'registry'));
    deployment.writeSite(setting.site);
    atEnd(context, () => deployment.#end());
    return deployment;
  }

  get log(): string {
    return this.#log;
  }

  get env(): Readonly<Record<string, string>> {
    return { HAPROXY_BIN: this.program };
  }

  get options(): readonly string[] {
    const in_ = (name: string): string => path.join(this.folder, name);
    const registry = this.#consul === null ? ['--registry', in_('registry')] : ['--consul', this.#consul];
    return [...registry, '--site', in_('edge.yml'), '--state-dir', in_('state')];
  }

  /**
   * @param more further lines
   * @param ports take the place of its own
   * @param domains further ones
   */
  writeSite(more = '', ports: EdgePorts = this.ports, domains: readonly string[] = []): void {
    const { folder, address } = this;
    const text = siteText(
      folder,
      `servers: ${this.#servers}
${listenText(address, ports)}
process: {run_dir: ${folder}/run, threads: 1${this.#maxConnections === null ? '' : `, max_connections: ${this.#maxConnections}`}}
limits: {connection_rate: 1000000, requests: 1000000, errors: 1000000}
${more}`,
      domains,
    );
    this.#writeAtomically('edge.yml', text);
  }

  /** Writes the definition, as `app put` does. */
  writeApp(name: string, text: string): void {
    this.#writeAtomically(`registry/${name}.yml`, text);
  }

  removeApp(name: string): void {
    rmSync(path.join(this.folder, `registry/${name}.yml`));
  }

  /** The app's own servers, at the node. */
  async startServers(context: Ending, text: string): Promise<void> {
    for (const definition of definitionsOf(text)) await startApp(context, definition, this.node);
  }

  /** Resolves when HAProxy serves. */
  async run(...more: readonly string[]): Promise<void> {
    return this.runUnder([], more);
  }

  /** @param launcher a program and its arguments that starts it */
  async runUnder(launcher: readonly string[], more: readonly string[] = []): Promise<void> {
    const child = this.launch(more, launcher);
    await eventually(
      `HAProxy runs; said was:\n${this.#log}`,
      async () => {
        if (child.exitCode !== null) throw new Error(`edge run ended; it said:\n${this.#log}`);
        return (await this.state())?.workerPid != null && this.#log.includes('HAProxy runs');
      },
      STARTED_MS,
    );
  }

  /**
   * Starts `edge run`, and waits for nothing.
   * @param launcher a program and its arguments that starts it
   */
  launch(more: readonly string[] = [], launcher: readonly string[] = []): ChildProcess {
    return this.launchOver([...this.options, ...more], launcher);
  }

  /** @param options in the place of its own */
  launchOver(options: readonly string[], launcher: readonly string[] = []): ChildProcess {
    const args = [CLI_ENTRY, 'edge', 'run', '--lame-duck', '100ms', '--drain-timeout', '2s', ...options];
    const child = spawnBound([...launcher, process.execPath, ...args], {
      env: { PATH: process.env.PATH, ...this.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#log = '';
    this.#exited = once(child, 'exit').then(([code]) => code as number | null);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    return child;
  }

  /** HAProxy is known to run what is current: a new one may begin with a reload, whose worker is the one that stays. */
  async settled(): Promise<void> {
    await eventually('the first release is in force', async () => {
      const applied = await this.directory.applied();
      return applied !== null && applied === (await this.directory.current());
    });
  }

  /** null: no HAProxy. */
  async state(): Promise<MasterState | null> {
    const state = await this.master.state(1_000).catch(() => null);
    if (state !== null && state.masterPid > 1) this.#masters.add(state.masterPid);
    return state;
  }

  /** As soon as there is one: the master of 2.6 does not answer while it reloads. */
  async workerPid(): Promise<number> {
    let pid: number | null = null;
    await eventually('there is a worker', async () => {
      pid = (await this.state())?.workerPid ?? null;
      return pid !== null;
    });
    return pid ?? 0;
  }

  /** A command that ends by itself. */
  cli(...args: readonly string[]): Promise<CliResult> {
    return runCliHere(['edge', ...args, ...this.options], this.env);
  }

  /** `edge check`, which keeps no releases. */
  check(...args: readonly string[]): Promise<CliResult> {
    return runCliHere(this.#checkWords(args), this.env);
  }

  /** In a process of its own. @param launcher a program and its arguments that starts it */
  checkUnder(launcher: readonly string[], ...args: readonly string[]): Promise<CliResult> {
    return runCli(this.#checkWords(args), this.env, launcher);
  }

  /** @returns the exit code */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child?.kill(signal);
    return this.#exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** As the balancers ask. */
  async isHealthy(): Promise<boolean> {
    const url = `http://${this.address}:${this.ports.health}/healthz`;
    return fetch(url, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  current(): string {
    return readFileSync(this.directory.currentConfiguration, 'utf8');
  }

  async #end(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
    await this.state();
    for (const master of this.#masters) for (const pid of [...descendantsOf(master), master]) killIfThere(pid);
  }

  #checkWords(args: readonly string[]): readonly string[] {
    return ['edge', 'check', ...args, ...this.options.slice(0, 4)];
  }

  #writeAtomically(name: string, text: string): void {
    const file = path.join(this.folder, name);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
