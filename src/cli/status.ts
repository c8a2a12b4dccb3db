import { Command } from 'commander';
import type { StateDocument } from '../admin/state-document.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { withAppOnly } from './one-app.js';
import { type ReadingOptionValues, showReading, watchOption, watchPause } from './reading.js';
import { formatStatus } from './status-text.js';
import { widthOf } from './terminal.js';

interface StatusOptions extends AdminOptionValues, ReadingOptionValues {
  readonly instances?: true;
}

export function createStatusCommand({ terminal, defaults }: CommandContext): Command {
  return new Command('status')
    .description('show what the node serves: instances, requests, errors, latency and bleed of each app')
    .argument('[app]', 'show this app alone, with its instances')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .option('--instances', 'a line for each instance too')
    .addOption(watchOption('counts and latencies cover the time since the last table'))
    .option('--json', 'the state document of the node, for programs')
    .addHelpText(
      'after',
      '\nERRORS counts faults of the node and its instances, not those of clients.\n\n' +
        'Example:\n  autoproxy status\n  autoproxy status shop --watch 1s',
    )
    .action(async (app: string | undefined, options: StatusOptions) => {
      await showReading<StateDocument>(terminal, {
        everyMs: watchPause(options),
        isJson: options.json === true,
        read: () => askNode(options, (client) => client.readState()),
        lines: (state, earlier) => {
          const showsInstances = options.instances === true || app !== undefined;
          const shown = { showsInstances, earlier, width: widthOf(terminal) };
          return formatStatus(withAppOnly(state, app), shown, terminal.paint);
        },
        json: (state) => withAppOnly(state, app),
      });
    });
}
