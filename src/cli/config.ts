import { Command } from 'commander';
import type { ConfigDocument, ConfigOption } from '../admin/config-document.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { formatConfig } from './config-text.js';
import { CommandFailure } from './exit-codes.js';
import { type ReadingOptionValues, showReading, watchOption, watchPause } from './reading.js';
import { widthOf } from './terminal.js';

interface ConfigOptions extends AdminOptionValues, ReadingOptionValues {
  readonly changed?: true;
}

export function createConfigCommand({ terminal, defaults }: CommandContext): Command {
  return new Command('config')
    .description('show the options that are in force at the node, and where each value comes from')
    .argument('[option]', 'show this option alone')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .option('--changed', 'only those that are not at their defaults')
    .addOption(watchOption('each further table shows what is then, also after a restart'))
    .option('--json', 'the answer of the node as JSON, for programs; with --watch a line for each')
    .addHelpText(
      'after',
      '\nThe node is asked, so a file that was changed since its start does not count. Secrets are never shown.\n\n' +
        'Example:\n  autoproxy config --changed\n  autoproxy config drain-timeout',
    )
    .action(async (name: string | undefined, options: ConfigOptions) => {
      await showReading<ConfigDocument>(terminal, {
        everyMs: watchPause(options),
        isJson: options.json === true,
        read: async () => chosenFrom(await askNode(options, (client) => client.readConfig()), name, options),
        lines: (document) => formatConfig(document, { paint: terminal.paint, width: widthOf(terminal) }),
        json: (document) => document,
      });
    });
}

/** @param name as a flag, a variable or a key writes it; undefined: all. @throws CommandFailure for an unknown one */
function chosenFrom(all: ConfigDocument, name: string | undefined, { changed }: ConfigOptions): ConfigDocument {
  const isNamed = (option: ConfigOption): boolean =>
    name === undefined || option.name === name.replace(/^--/, '').replaceAll('_', '-');
  if (!all.options.some(isNamed))
    throw new CommandFailure(`unknown option ${name}`, 'autoproxy config lists all of them');
  const options = all.options.filter(
    (option) => isNamed(option) && (changed === undefined || option.origin !== 'default'),
  );
  return { ...all, options };
}
