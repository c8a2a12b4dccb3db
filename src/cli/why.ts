import { Command } from 'commander';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODES } from './exit-codes.js';
import { formatWhy } from './why-text.js';

interface WhyOptions extends AdminOptionValues {
  readonly json?: true;
}

export function createWhyCommand({ terminal, defaults, finish }: CommandContext): Command {
  return new Command('why')
    .description('show where an app comes from, its instances and checks, where its traffic goes, and its history')
    .argument('<app>', 'the name of an app; it may be refused or gone')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .option('--json', 'the answer of the node as JSON, for programs')
    .addHelpText(
      'after',
      '\nExit code 1 when the app is not served: it is refused, gone or unknown. The last 50 events of an app are shown, also\n' +
        'those before a restart.\n\nExample:\n  autoproxy why shop',
    )
    .action(async (app: string, options: WhyOptions) => {
      const why = await askNode(options, (client) => client.readWhy(app));
      if (options.json) terminal.print(JSON.stringify(why, null, 2));
      else for (const line of formatWhy(why, terminal.paint)) terminal.print(line);
      if (why.status === 'refused' || why.status === 'gone') finish(EXIT_CODES.failed);
    });
}
