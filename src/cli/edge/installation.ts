/** The HAProxy of this machine as commands reach it: its releases, its sockets, its program. */
import path from 'node:path';
import { Applier } from '../../../edge/apply/apply.js';
import { Master } from '../../../edge/haproxy/master.js';
import { findHaproxy, NoHaproxy } from '../../../edge/haproxy/program.js';
import { Runtime } from '../../../edge/haproxy/runtime.js';
import { lastGoodRelease } from '../../../edge/release/last-good-release.js';
import type { Release } from '../../../edge/release/release.js';
import { ReleaseDirectory } from '../../../edge/release/release-directory.js';
import type { RunningPlace } from '../../../edge/release/running-place.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure } from '../exit-codes.js';
import type { InstallationOptionValues } from './installation-options.js';

interface Installation {
  readonly directory: ReleaseDirectory;
  readonly program: string;
  readonly masterSocket: string;
  readonly master: Master;
  readonly runtime: Runtime;
  readonly applier: Applier;
}

/** Warns when it is not the current release. */
export async function lastGoodFor(
  { stateDir }: InstallationOptionValues,
  { terminal }: CommandContext,
): Promise<Release | null> {
  const { release, damage } = await lastGoodRelease(new ReleaseDirectory(stateDir));
  if (damage !== null) terminal.warn(`warning: ${damage}`);
  return release;
}

/** @throws CommandFailure without a HAProxy */
export async function installationFrom(
  { stateDir, masterSocket }: InstallationOptionValues,
  { runDir, stateFile }: RunningPlace,
  context: CommandContext,
): Promise<Installation> {
  const directory = new ReleaseDirectory(stateDir);
  const program = await haproxyFor(context);
  const socket = masterSocket ?? path.join(runDir, 'master.sock');
  const master = new Master(socket);
  const runtime = new Runtime(path.join(runDir, 'admin.sock'));
  const applier = new Applier({ directory, program, runtime, master, stateFile });
  return { directory, program, masterSocket: socket, master, runtime, applier };
}

/** @throws CommandFailure when there is none */
export async function haproxyFor({ env }: CommandContext): Promise<string> {
  return findHaproxy(env).catch((error: unknown) => {
    if (error instanceof NoHaproxy) throw new CommandFailure(error.message);
    throw error;
  });
}
