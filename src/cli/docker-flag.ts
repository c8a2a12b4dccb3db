/** How commands are told of a Docker engine; without its client, so that a command that only may need one starts fast. */
import type { Command } from 'commander';

export const DEFAULT_SOCKET = 'unix:///var/run/docker.sock';

export interface DockerOptionValues {
  readonly docker?: string;
}

export function addDockerOption(command: Command): Command {
  return command.option(
    '--docker <SOCKET>',
    `where Docker answers (env: AUTOPROXY_DOCKER, DOCKER_HOST, default: ${DEFAULT_SOCKET})`,
  );
}
