import { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { createAppEnvCommand } from './env.js';
import { createAppGetCommand } from './get.js';
import { createAppImportCommand } from './import.js';
import { createAppLsCommand } from './ls.js';
import { createAppPutCommand } from './put.js';
import { createAppRmCommand } from './rm.js';
import { createAppSchemaCommand } from './schema.js';

export function createAppCommand(context: CommandContext): Command {
  const command = new Command('app')
    .description('apps in the registry: write, read, list, remove, import')
    .addHelpText('after', '\nExample:\n  autoproxy app put checkout.yml --registry ./apps');
  for (const create of [
    createAppPutCommand,
    createAppGetCommand,
    createAppLsCommand,
    createAppRmCommand,
    createAppEnvCommand,
    createAppImportCommand,
    createAppSchemaCommand,
  ]) {
    command.addCommand(create(context));
  }
  return command;
}
