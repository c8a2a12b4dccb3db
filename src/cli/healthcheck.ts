import { Command } from 'commander';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import { bestGuess } from './admin-target.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODES } from './exit-codes.js';

export function createHealthcheckCommand({ terminal, defaults, finish }: CommandContext): Command {
  return new Command('healthcheck')
    .description('exit with 0 if the node is ready, else with 1 and the reason')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .addHelpText(
      'after',
      '\nFor the HEALTHCHECK of an image. A node that stops is not ready.\n\nExample:\n  autoproxy healthcheck || echo "take me out"',
    )
    .action(async (options: AdminOptionValues) => {
      // A typing error in the file of options must not take a node out that serves.
      const admin = bestGuess(options.admin);
      const notReady = await askNode({ ...options, admin }, (client) => client.readNotReady());
      terminal.print(notReady ?? 'ready');
      if (notReady !== null) finish(EXIT_CODES.failed);
    });
}
