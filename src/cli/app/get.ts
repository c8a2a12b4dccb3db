import { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { addRegistryOptions, type RegistryOptionValues, withRegistry } from '../registry-options.js';
import { storedApp } from './stored-app.js';

interface AppGetOptions extends RegistryOptionValues {
  readonly json?: true;
}

export function createAppGetCommand(context: CommandContext): Command {
  const command = new Command('get')
    .description('print the definition of an app, as it is written in the registry')
    .argument('<name>', 'the app')
    .option('--json', 'as the node reads it, with all defaults')
    .addHelpText('after', '\nExample:\n  autoproxy app get checkout --registry ./apps > checkout.yml');
  return addRegistryOptions(command).action(async (name: string, options: AppGetOptions) => {
    const { definition, text } = await withRegistry(options, context, (registry) => storedApp(registry, name));
    const plain = text.replace(/^---\s*\n/, '').trimEnd();
    context.terminal.print(options.json ? JSON.stringify(definition, null, 2) : plain);
  });
}
