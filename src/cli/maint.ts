import type { Command } from 'commander';
import { createStateCommand } from './admin-state.js';
import type { CommandContext } from './command-context.js';

export function createMaintCommand(context: CommandContext): Command {
  return createStateCommand(context, 'maint', {
    description: 'take an app or one instance out of service, without checks',
    example: '  autoproxy maint shop/172.17.0.2:8080',
    canWait: true,
  });
}
