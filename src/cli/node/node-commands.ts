/** `autoproxy node` with the commands below it, which load the clients of Docker and of the node's own API. */
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { createNodeDrainCommand } from './drain.js';
import { createNodeCommand } from './node.js';
import { createNodeReadyCommand } from './ready.js';

export function createNodeCommands(context: CommandContext): Command {
  return createNodeCommand(context)
    .enablePositionalOptions()
    .addCommand(createNodeDrainCommand(context))
    .addCommand(createNodeReadyCommand(context));
}
