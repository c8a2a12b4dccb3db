/** The `docker` command against one engine. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { DockerPrograms } from './docker-versions.js';

const run = promisify(execFile);

/** An image that was built on a machine with other work took 200 s. */
const COMMAND_MS = 300_000;
const MAX_OUTPUT_BYTES = 16 * 1_048_576;

export class DockerCommand {
  readonly env: NodeJS.ProcessEnv;
  readonly #program: string;

  /** @param hasBuildKit it builds as people's do; where the command needs no plugin for it, as that of 20.10 */
  constructor({ docker, env }: DockerPrograms, socketPath: string, hasBuildKit: boolean) {
    this.#program = docker;
    const folder = path.dirname(socketPath);
    this.env = {
      ...env,
      DOCKER_HOST: `unix://${socketPath}`,
      DOCKER_CONFIG: path.join(folder, 'client'),
      DOCKER_BUILDKIT: hasBuildKit ? '1' : '0',
      HOME: folder,
    };
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

  /** Makes an image of what stands in a folder; links are followed. `changes`: instructions of a Dockerfile */
  async importFolder(folder: string, changes: readonly string[], name: string): Promise<void> {
    const importing = ['import', ...changes.flatMap((change) => ['--change', change]), '-', name];
    const piped = ['-c', 'tar -C "$0" -chf - . | "$@"', folder, this.#program, ...importing];
    await this.#execute(importing, 'sh', piped);
  }

  async #execute(
    args: readonly string[],
    program = this.#program,
    words = args,
  ): Promise<{ readonly stdout: string; readonly stderr: string }> {
    try {
      return await run(program, words, { timeout: COMMAND_MS, maxBuffer: MAX_OUTPUT_BYTES, env: this.env });
    } catch (error) {
      const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
      throw new Error(`docker ${args[0]}: ${stderr.trim() || message}\n${stdout.slice(-4_000)}`);
    }
  }
}
