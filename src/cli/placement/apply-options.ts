/** What all commands that change the Swarm are told. */
import { type Command, Option } from 'commander';
import { formatDuration } from '../../core/durations.js';
import { addDockerOption, type DockerOptionValues } from '../docker-flag.js';
import { addInstallationOptions, type InstallationOptionValues } from '../edge/installation-options.js';
import { durationArgument, timeoutOption } from '../option-types.js';
import type { RegistryOptionValues } from '../registry-options.js';

export interface PlacementOptionValues extends RegistryOptionValues, DockerOptionValues {
  /** false: the nodes have the images by other means than the engine that is asked. */
  readonly imageCheck: boolean;
  /** Whether nodes get the password of an image's registry. */
  readonly registryAuth: boolean;
}

export interface ApplyOptionValues extends PlacementOptionValues, InstallationOptionValues {
  readonly timeout: number;
  readonly edgeGrace: number;
  /** Whether routes wait until nodes answer. */
  readonly nodeCheck: boolean;
  readonly site?: string;
}

const DEFAULT_TIMEOUT_MS = 600_000;
/** An edge follows within 2 s, and after a reload its old process ends its connections within 20 s. */
const DEFAULT_EDGE_GRACE_MS = 25_000;

export function addImageOption(command: Command): Command {
  return command
    .option('--no-image-check', 'do not ask this engine and the registries for new images')
    .option('--no-registry-auth', 'send no passwords of "docker login" for the registries of images');
}

/** Those of the registry are added by the command. */
export function addApplyOptions(command: Command): Command {
  return addInstallationOptions(
    addDockerOption(addImageOption(command))
      .addOption(timeoutOption('how long all of it may take; what was begun goes on after it', DEFAULT_TIMEOUT_MS))
      .addOption(
        new Option('--edge-grace <TIME>', 'how long edges and load balancers get to follow a change of routes')
          .argParser(durationArgument)
          .default(DEFAULT_EDGE_GRACE_MS, formatDuration(DEFAULT_EDGE_GRACE_MS)),
      )
      .option('--no-node-check', 'open routes without asking the nodes at the health ports of the slots')
      .option(
        '--site <FILE>',
        'also apply the edge of this machine, by this site; without it, edges follow by themselves',
      ),
  );
}
