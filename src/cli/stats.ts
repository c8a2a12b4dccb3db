import { Command } from 'commander';
import type { StateDocument } from '../admin/state-document.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import { periodMsOf } from './app-rates.js';
import type { CommandContext } from './command-context.js';
import { withAppOnly } from './one-app.js';
import { type ReadingOptionValues, showReading, watchOption, watchPause } from './reading.js';
import { appStatsFrom, formatStats } from './stats-text.js';
import { widthOf } from './terminal.js';

interface StatsOptions extends AdminOptionValues, ReadingOptionValues {}

export function createStatsCommand({ terminal, defaults }: CommandContext): Command {
  return new Command('stats')
    .description('show the counters of each app since the node started: connections, requests, answers, errors')
    .argument('[app]', 'show this app alone, with its errors by code')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .addOption(watchOption('each further table counts from the one before'))
    .option('--json', 'the counters as JSON; with --watch a line for each table')
    .addHelpText(
      'after',
      '\nERRORS counts faults of the node and its instances, not those of clients.\n\n' +
        'Example:\n  autoproxy stats\n  autoproxy stats shop --watch 10s',
    )
    .action(async (app: string | undefined, options: StatsOptions) => {
      await showReading<StateDocument>(terminal, {
        everyMs: watchPause(options),
        isJson: options.json === true,
        read: async () => withAppOnly(await askNode(options, (client) => client.readState()), app),
        lines: (state, earlier) =>
          formatStats(appStatsFrom(state, earlier), app !== undefined, {
            paint: terminal.paint,
            width: widthOf(terminal),
          }),
        json: (state, earlier) => ({
          version: 1,
          node: state.node,
          periodMs: periodMsOf(state, earlier),
          apps: appStatsFrom(state, earlier),
        }),
      });
    });
}
