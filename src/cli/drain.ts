import type { Command } from 'commander';
import { createStateCommand } from './admin-state.js';
import type { CommandContext } from './command-context.js';

export function createDrainCommand(context: CommandContext): Command {
  return createStateCommand(context, 'drain', {
    description: 'give an app or one instance no new traffic; requests under way go on',
    example:
      '  autoproxy drain shop-1 --wait 60s && docker stop shop-1      # a container\n' +
      '  autoproxy drain shop/172.17.0.2:8080 --wait 60s',
    canWait: true,
  });
}
