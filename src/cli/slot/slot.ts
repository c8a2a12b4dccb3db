import { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { createSlotAllocCommand } from './alloc.js';
import { createSlotFreeCommand } from './free.js';
import { createSlotLsCommand } from './ls.js';

export function createSlotCommand(context: CommandContext): Command {
  const command = new Command('slot')
    .description('slots in the registry: list and check, give, free')
    .addHelpText('after', '\nExample:\n  autoproxy slot ls --check --registry ./apps');
  for (const create of [createSlotLsCommand, createSlotAllocCommand, createSlotFreeCommand]) {
    command.addCommand(create(context));
  }
  return command;
}
