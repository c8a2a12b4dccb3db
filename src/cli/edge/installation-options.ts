/** How commands are told of the HAProxy of this machine. */
import type { Command } from 'commander';

const DEFAULT_STATE_DIR = '/var/lib/autoproxy/edge';

export interface InstallationOptionValues {
  readonly stateDir: string;
  readonly masterSocket?: string;
}

export function addStateDirOption(command: Command): Command {
  return command.option('--state-dir <DIR>', 'where releases are kept', DEFAULT_STATE_DIR);
}

export function addInstallationOptions(command: Command): Command {
  return addStateDirOption(command).option(
    '--master-socket <PATH>',
    "the master's socket of HAProxy (-S); without it master.sock in run_dir of the site",
  );
}
