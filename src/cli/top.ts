import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { StateDocument } from '../admin/state-document.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import { appRatesFrom, periodMsOf } from './app-rates.js';
import type { CommandContext } from './command-context.js';
import { type ReadingOptionValues, showReading, WATCH_EVERY_MS, watchOption, watchPause } from './reading.js';
import { widthOf } from './terminal.js';
import { formatTop } from './top-text.js';

interface TopOptions extends AdminOptionValues, ReadingOptionValues {}

/** Between the two documents of a single table. */
const PERIOD_MS = 1_000;

export function createTopCommand({ terminal, defaults }: CommandContext): Command {
  return new Command('top')
    .description('show which apps are used most, live: requests, errors and latencies of each second')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .addOption(watchOption('rates are of the time since the last table'))
    .option('--json', 'the rates as JSON; with --watch a line for each table')
    .addHelpText(
      'after',
      '\nOn a terminal it redraws in place until q. Without one it shows one second and ends, unless --watch is given.\n' +
        'ERR/S counts faults of the node and its instances, not those of clients.\n\n' +
        'Example:\n  autoproxy top\n  autoproxy top --json | jq .apps[0]',
    )
    .action(async (options: TopOptions) => {
      const read = (): Promise<StateDocument> => askNode(options, (client) => client.readState());
      const isJson = options.json === true;
      const everyMs = watchPause(options) ?? (terminal.isInteractive && !isJson ? WATCH_EVERY_MS : null);
      const first = await read();
      await delay(PERIOD_MS);
      await showReading(terminal, {
        everyMs,
        isJson,
        read,
        first,
        lines: (state, earlier) => formatTop(state, earlier, { paint: terminal.paint, width: widthOf(terminal) }),
        json: (state, earlier) => ({
          version: 1,
          node: state.node,
          periodMs: periodMsOf(state, earlier),
          apps: appRatesFrom(state, earlier),
        }),
      });
    });
}
