import { Command } from 'commander';
import { removeApp } from '../../registry/put-app.js';
import { authorFrom } from '../author.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES } from '../exit-codes.js';
import { type ApplyOptionValues, addApplyOptions } from '../placement/apply-options.js';
import { addRegistryOptions, systemChances, withRegistry } from '../registry-options.js';
import { storedApp } from './stored-app.js';

interface AppRmOptions extends ApplyOptionValues {
  readonly apply?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export function createAppRmCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('rm')
    .description('remove an app; its slot stays in quarantine for a time')
    .argument('<name>', 'the app')
    .option('--dry-run', 'only show what would be removed; exit code 2')
    .option('--apply', 'also end its services: clients first, then the services, then the definition')
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', '\nExample:\n  autoproxy app rm checkout --registry ./apps');
  return addApplyOptions(addRegistryOptions(command)).action(async (name: string, options: AppRmOptions) => {
    const isDryRun = options.dryRun === true;
    if (options.apply && !isDryRun) {
      const { removeAndApply } = await import('../placement/remove-app.js');
      const freed = await removeAndApply(name, options, context);
      if (freed === null) return;
      const [slot = null] = freed;
      if (options.json) return terminal.print(JSON.stringify({ app: name, slot, isDryRun }, null, 2));
      const left = freed.map((port) => `; slot ${port} goes into quarantine`).join('');
      return terminal.print(`${name}: removed${left}`);
    }
    const removed = await withRegistry(options, context, async (registry) => {
      const stored = await storedApp(registry, name);
      return (
        (await removeApp(registry, name, { chances: systemChances, author: authorFrom(context.env), isDryRun })) ??
        stored
      );
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
