import { Command } from 'commander';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { formatConfig } from './config-text.js';
import { CommandFailure } from './exit-codes.js';
import { widthOf } from './terminal.js';

interface ConfigOptions extends AdminOptionValues {
  readonly changed?: true;
  readonly json?: true;
}

export function createConfigCommand({ terminal, defaults }: CommandContext): Command {
  return new Command('config')
    .description('show the options that are in force at the node, and where each value comes from')
    .argument('[option]', 'show this option alone')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .option('--changed', 'only those that are not at their defaults')
    .option('--json', 'the answer of the node as JSON, for programs')
    .addHelpText(
      'after',
      '\nThe node is asked, so a file that was changed since its start does not count. Secrets are never shown.\n\n' +
        'Example:\n  autoproxy config --changed\n  autoproxy config drain-timeout',
    )
    .action(async (name: string | undefined, options: ConfigOptions) => {
      const all = await askNode(options, (client) => client.readConfig());
      const chosen = all.options.filter(
        (option) =>
          (name === undefined || option.name === name.replace(/^--/, '').replaceAll('_', '-')) &&
          (options.changed === undefined || option.origin !== 'default'),
      );
      if (
        name !== undefined &&
        !all.options.some((option) => option.name === name.replace(/^--/, '').replaceAll('_', '-'))
      )
        throw new CommandFailure(`there is no option ${name}`, 'autoproxy config lists all of them');
      const document = { ...all, options: chosen };
      if (options.json) terminal.print(JSON.stringify(document, null, 2));
      else
        for (const line of formatConfig(document, { paint: terminal.paint, width: widthOf(terminal) }))
          terminal.print(line);
    });
}
