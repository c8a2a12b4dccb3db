/**
 * A real Docker engine of the test's own for building our images: it has no network but the host's, and leaves the machine's
 * firewall alone. (Engines with a bridge, several versions, restarts: test-engine.ts.)
 */
import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { atEnd, type Ending, temporaryFolder } from './at-end.js';
import { spawnBound } from './bound-process.js';
import { type BaseImage, findBaseImage, prepareBaseImage } from './docker-base-image.js';
import { DockerCommand } from './docker-command.js';
import {
  DOCKER_VERSIONS,
  type DockerVersion,
  findDocker,
  prepareDockerVersions,
  whyUnfitForDocker,
} from './docker-versions.js';
import { eventually } from './eventually.js';

const run = promisify(execFile);

const VERSION: DockerVersion = '20.10';
const START_MS = 30_000;

/** Fetches the engines and makes the base image, where they are not there yet. @throws Error that says what is missing */
export async function prepareDocker(): Promise<void> {
  const reason = whyUnfitForDocker();
  if (reason !== null) throw new Error(`missing: Docker engines; ${reason}`);
  try {
    await prepareDockerVersions();
    await prepareBaseImage();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`missing: Docker engines and a base image, and Debian's could not be had: ${message}`);
  }
}

/** @returns why no engine can run here; null: it can */
export function whyNoDocker(): string | null {
  const isFetched = DOCKER_VERSIONS.every((version) => findDocker(version) !== null) && findBaseImage() !== null;
  return whyUnfitForDocker() ?? (isFetched ? null : 'npm test fetches it');
}

export class DockerEngine {
  readonly #command: DockerCommand;
  readonly #base: BaseImage;

  private constructor(command: DockerCommand, base: BaseImage) {
    this.#command = command;
    this.#base = base;
  }

  /** Resolves when it answers; ended with the test, and all containers with it. */
  static async start(context: Ending): Promise<DockerEngine> {
    const [programs, base] = [findDocker(VERSION), findBaseImage()];
    if (programs === null || base === null) throw new Error('npm test fetches the engine and makes the base image');
    const folder = temporaryFolder(context, 'docker');
    const in_ = (name: string): string => path.join(folder, name);
    const socketPath = in_('docker.sock');
    const command = new DockerCommand(programs, socketPath);
    const flags = [
      ...['--data-root', in_('data'), '--exec-root', in_('exec'), '--pidfile', in_('pid')],
      ...['--host', `unix://${socketPath}`, '--group', '0'],
      ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--log-level=warn'],
    ];
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    const child = spawnBound([programs.dockerd, ...flags], { env: command.env, stdio: [...stdio] }, 'TERM');
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
    });
    atEnd(context, () => ended(child, in_('exec')));
    await eventually(
      'the engine answers',
      async () => {
        if (child.exitCode !== null) throw new Error(`dockerd ended; it said:\n${said}`);
        return existsSync(socketPath) && (await command.run('version').then(Boolean, () => false));
      },
      START_MS,
    );
    return new DockerEngine(command, base);
  }

  /** The base of our images, as BASE_IMAGE is to name it. */
  async importBase(): Promise<string> {
    const changes = this.#base.changes.flatMap((change) => ['--change', change]);
    await this.run('import', ...changes, this.#base.archive, 'autoproxy-base:test');
    return 'autoproxy-base:test';
  }

  /** `docker ARGS`. @returns what it printed. @throws Error with what it said */
  run(...args: readonly string[]): Promise<string> {
    return this.#command.run(...args);
  }

  /** What a container said, on both streams. */
  logs(container: string): Promise<string> {
    return this.#command.logs(container);
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
