import type { Command } from 'commander';
import { createStateCommand } from './admin-state.js';
import type { CommandContext } from './command-context.js';

export function createReadyCommand(context: CommandContext): Command {
  return createStateCommand(context, 'ready', {
    description: 'give an app or one instance its traffic back',
    example: '  autoproxy ready shop',
    canWait: false,
  });
}
