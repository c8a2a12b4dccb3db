import { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { createRolloutHistoryCommand } from './history.js';
import { createRolloutPauseCommand } from './pause.js';
import { createRolloutStatusCommand } from './status.js';
import { createRolloutUndoCommand } from './undo.js';

export function createRolloutCommand(context: CommandContext): Command {
  const command = new Command('rollout')
    .description('rollouts of an app: how they stand, its versions, and the way back')
    .addHelpText('after', '\nExample:\n  autoproxy rollout status checkout --wait --consul http://127.0.0.1:8500');
  for (const create of [
    createRolloutStatusCommand,
    createRolloutHistoryCommand,
    createRolloutUndoCommand,
    createRolloutPauseCommand,
  ]) {
    command.addCommand(create(context));
  }
  return command;
}
