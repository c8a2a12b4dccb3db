import { Command } from 'commander';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODES } from './exit-codes.js';
import { type ReadingOptionValues, showReading, watchOption, watchPause } from './reading.js';
import { formatWhy } from './why-text.js';

interface WhyOptions extends AdminOptionValues, ReadingOptionValues {}

export function createWhyCommand({ terminal, defaults, finish }: CommandContext): Command {
  return new Command('why')
    .description('show where an app comes from, its instances and checks, where its traffic goes, and its history')
    .argument('<app>', 'the name of an app; it may be refused or gone')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .addOption(watchOption('each further page shows what is then'))
    .option('--json', 'the answer of the node as JSON, for programs; with --watch a line for each')
    .addHelpText(
      'after',
      '\nExit code 1 when the app is not served: it is refused, gone or unknown. The last 50 events of an app are shown, also\n' +
        'those before a restart.\n\nExample:\n  autoproxy why shop',
    )
    .action(async (app: string, options: WhyOptions) => {
      const { status } = await showReading(terminal, {
        everyMs: watchPause(options),
        isJson: options.json === true,
        read: () => askNode(options, (client) => client.readWhy(app)),
        lines: (why) => formatWhy(why, terminal.paint),
        json: (why) => why,
      });
      if (status === 'refused' || status === 'gone') finish(EXIT_CODES.failed);
    });
}
