/**
 * A real Docker engine of the test's own: Debian's, fetched and unpacked, with its own data, socket and containerd. It has
 * no network but the host's, and leaves the machine's firewall alone.
 */
import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { atEnd, type Ending, temporaryFolder } from './at-end.js';
import { spawnBound } from './bound-process.js';
import { cachedDebianTree, type DebianTree, fetchDebianTree, machineRelease } from './debian-package.js';
import { type BaseImage, findBaseImage, prepareBaseImage } from './docker-base-image.js';
import { eventually } from './eventually.js';

const run = promisify(execFile);

const START_MS = 30_000;
const COMMAND_MS = 110_000;
const MAX_OUTPUT_BYTES = 16 * 1_048_576;

/** Fetches the engine and makes the base image, where they are not there yet. @throws Error that says what is missing */
export async function prepareDocker(): Promise<void> {
  const reason = unfit();
  if (reason !== null) throw new Error(`missing: a Docker engine for tests of the images; ${reason}`);
  try {
    if (cachedDebianTree(engine()) === null) await fetchDebianTree(engine());
    await prepareBaseImage();
  } catch (error) {
    throw new Error(
      `missing: a Docker engine and a base image, and Debian's could not be had: ${(error as Error).message}`,
    );
  }
}

/** @returns why no engine can run here; null: it can */
export function whyNoDocker(): string | null {
  return unfit() ?? (cachedDebianTree(engine()) === null || findBaseImage() === null ? 'npm test fetches it' : null);
}

export class DockerEngine {
  readonly #tree: string;
  readonly #socket: string;
  readonly #base: BaseImage;

  private constructor(tree: string, socket: string, base: BaseImage) {
    this.#tree = tree;
    this.#socket = socket;
    this.#base = base;
  }

  /** Resolves when it answers; ended with the test, and all containers with it. */
  static async start(context: Ending): Promise<DockerEngine> {
    const [tree, base] = [cachedDebianTree(engine()), findBaseImage()];
    if (tree === null || base === null) throw new Error('npm test fetches the engine and makes the base image');
    const folder = temporaryFolder(context, 'docker');
    const in_ = (name: string): string => path.join(folder, name);
    const docker = new DockerEngine(tree, in_('docker.sock'), base);
    const flags = [
      ...['--data-root', in_('data'), '--exec-root', in_('exec'), '--pidfile', in_('pid')],
      ...['--host', `unix://${docker.#socket}`, '--group', '0'],
      ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--log-level=warn'],
    ];
    const program = path.join(tree, 'usr/sbin/dockerd');
    const child = spawnBound([program, ...flags], { env: docker.#env(), stdio: ['ignore', 'ignore', 'pipe'] }, 'TERM');
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
    });
    atEnd(context, () => ended(child, in_('exec')));
    await eventually(
      'the engine answers',
      async () => {
        if (child.exitCode !== null) throw new Error(`dockerd ended; it said:\n${said}`);
        return existsSync(docker.#socket) && (await docker.run('version').then(Boolean, () => false));
      },
      START_MS,
    );
    return docker;
  }

  /** The base of our images, as BASE_IMAGE is to name it. */
  async importBase(): Promise<string> {
    const changes = this.#base.changes.flatMap((change) => ['--change', change]);
    await this.run('import', ...changes, this.#base.archive, 'autoproxy-base:test');
    return 'autoproxy-base:test';
  }

  /** `docker ARGS`. @returns what it printed. @throws Error with what it said */
  async run(...args: readonly string[]): Promise<string> {
    return (await this.#execute(args)).stdout.trim();
  }

  /** What a container said, on both streams. */
  async logs(container: string): Promise<string> {
    const { stdout, stderr } = await this.#execute(['logs', container]);
    return stdout + stderr;
  }

  async #execute(args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const program = path.join(this.#tree, 'usr/bin/docker');
    const limits = { timeout: COMMAND_MS, maxBuffer: MAX_OUTPUT_BYTES };
    try {
      return await run(program, args, { ...limits, env: this.#env() });
    } catch (error) {
      const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
      throw new Error(`docker ${args[0]}: ${stderr.trim() || message}\n${stdout.slice(-4_000)}`);
    }
  }

  #env(): NodeJS.ProcessEnv {
    const in_ = (name: string): string => path.join(this.#tree, name);
    return {
      PATH: [in_('usr/bin'), in_('usr/sbin'), process.env.PATH].join(':'),
      LD_LIBRARY_PATH: libraryFolders(this.#tree).join(':'),
      DOCKER_HOST: `unix://${this.#socket}`,
      DOCKER_CONFIG: path.join(path.dirname(this.#socket), 'client'),
      DOCKER_BUILDKIT: '0',
      HOME: path.dirname(this.#socket),
    };
  }
}

/** It ends its containers and containerd itself, but for one mount. */
async function ended(child: ChildProcess, execRoot: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  for (const line of mounts) {
    const place = line.split(' ')[1] ?? '';
    if (place.startsWith(execRoot)) await run('umount', [place]);
  }
}

function engine(): DebianTree {
  const suite = machineRelease();
  return {
    name: `docker-${suite}`,
    // The library is the one that not every machine has; the suite is the machine's own, so the others fit.
    packageNames: ['docker.io', 'containerd', 'runc', 'libdevmapper1.02.1'],
    withLibraries: false,
    suite,
  };
}

/** Up to bookworm the package has them outside of usr; the folder is called by the architecture. */
function libraryFolders(tree: string): readonly string[] {
  const folders = ['lib', 'usr/lib'].map((name) => path.join(tree, name)).filter((folder) => existsSync(folder));
  return folders.flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)));
}

function unfit(): string | null {
  if (process.getuid?.() !== 0) return 'it needs root';
  if (!existsSync('/usr/bin/apt-get')) return 'it is taken from Debian';
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return 'it needs overlayfs';
  return existsSync('/sys/fs/cgroup') ? null : 'it needs cgroups';
}
