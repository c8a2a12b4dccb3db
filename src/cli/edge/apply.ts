import { Command } from 'commander';
import type { Outcome } from '../../../edge/apply/apply.js';
import { RegistryFailure } from '../../registry/registry.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure, EXIT_CODES, type ExitCode } from '../exit-codes.js';
import {
  addInstallationOptions,
  type InstallationOptionValues,
  installationFrom,
  lastGoodFor,
} from './installation.js';
import { addEdgeOptions, type EdgeOptionValues, problemLines, renderFrom } from './rendering.js';
import { startingPlace } from './starting-place.js';

interface EdgeApplyOptions extends EdgeOptionValues, InstallationOptionValues {
  readonly json?: true;
}

export function createEdgeApplyCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('apply')
    .description('apply registry and site to the HAProxy of this machine, once')
    .option('--json', 'one JSON document for programs')
    .addHelpText(
      'after',
      [
        '',
        'Maps, lists and certificates change as HAProxy runs; all else by one hitless reload. What HAProxy refuses changes',
        'nothing (exit code 1); what does not work is rolled back (exit code 4). HAProxy runs as "edge run" starts it, or:',
        '  haproxy -W -S /run/haproxy/master.sock,level,admin -f /var/lib/autoproxy/edge/current/haproxy.cfg',
        '',
        'Example:',
        '  autoproxy edge apply --registry ./apps --site edge.yml',
      ].join('\n'),
    );
  return addInstallationOptions(addEdgeOptions(command)).action(async (options: EdgeApplyOptions) => {
    const current = await lastGoodFor(options, context);
    const { place, moved } = await startingPlace(options);
    const kept = moved === null ? null : place;
    const { release, served, refused, problems } = await renderFrom(options, context, current, null, kept);
    const { applier, masterSocket } = await installationFrom(options, place, context);
    const outcome = await applier.apply(release).catch((error: unknown) => {
      if (error instanceof RegistryFailure) throw new CommandFailure(error.message, error.hint);
      throw error;
    });
    for (const line of problemLines(problems)) terminal.warn(line);
    if (options.json)
      terminal.print(JSON.stringify({ release: release.id, served, refused, problems, outcome }, null, 2));
    else terminal.print(outcomeText(release.id, outcome, masterSocket));
    const code = exitCodeOf(outcome);
    if (code !== EXIT_CODES.done) finish(code);
  });
}

function outcomeText(id: string, outcome: Outcome, masterSocket: string): string {
  switch (outcome.kind) {
    case 'unchanged':
      return `release ${id} is in force already`;
    case 'applied':
      return outcome.way === 'hot'
        ? `release ${id} is in force; HAProxy took it without a reload`
        : `release ${id} is in force, by a reload (${outcome.why})`;
    case 'waiting':
      return `release ${id} is written; HAProxy does not run (nothing listens at ${masterSocket}), and begins with it`;
    case 'refused':
      return `release ${id} is refused by HAProxy, and nothing was changed:\n${outcome.reason}`;
    case 'rolled-back':
      return `release ${id} did not work and was rolled back: ${outcome.reason}`;
  }
}

function exitCodeOf({ kind }: Outcome): ExitCode {
  if (kind === 'refused') return EXIT_CODES.failed;
  return kind === 'rolled-back' ? EXIT_CODES.rolledBack : EXIT_CODES.done;
}
