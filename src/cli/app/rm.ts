import { Command } from 'commander';
import { removeApp } from '../../registry/put-app.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES } from '../exit-codes.js';
import { addRegistryOptions, type RegistryOptionValues, systemChances, withRegistry } from '../registry-options.js';
import { storedApp } from './stored-app.js';

interface AppRmOptions extends RegistryOptionValues {
  readonly dryRun?: true;
  readonly json?: true;
}

export function createAppRmCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('rm')
    .description('remove an app; its slot stays in quarantine for a time')
    .argument('<name>', 'the app')
    .option('--dry-run', 'only show what would be removed; exit code 2')
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', '\nExample:\n  autoproxy app rm checkout --registry ./apps');
  return addRegistryOptions(command).action(async (name: string, options: AppRmOptions) => {
    const isDryRun = options.dryRun === true;
    const removed = await withRegistry(options, context, async (registry) => {
      const stored = await storedApp(registry, name);
      return (await removeApp(registry, name, { chances: systemChances, isDryRun })) ?? stored;
    });
    const { slot } = removed.definition;
    if (options.json) terminal.print(JSON.stringify({ app: name, slot, isDryRun }, null, 2));
    else {
      const word = isDryRun ? 'would be removed' : 'removed';
      terminal.print(
        `${name}: ${word}${slot === null ? '' : `; slot ${slot} ${isDryRun ? 'would go' : 'goes'} into quarantine`}`,
      );
    }
    if (isDryRun) finish(EXIT_CODES.different);
  });
}
