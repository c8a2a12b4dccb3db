import { Command } from 'commander';
import type { StateDocument } from '../admin/state-document.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { withAppOnly } from './one-app.js';
import { formatInstances, instanceRows } from './ps-text.js';
import { type ReadingOptionValues, showReading, watchOption, watchPause } from './reading.js';
import { widthOf } from './terminal.js';

interface PsOptions extends AdminOptionValues, ReadingOptionValues {}

export function createPsCommand({ terminal, defaults }: CommandContext): Command {
  return new Command('ps')
    .description('list the instances of this node: address, container, state, health, requests, last check')
    .argument('[app]', 'list those of this app alone')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .addOption(watchOption('each table shows what is then'))
    .option('--json', 'the rows as JSON; with --watch a line for each table')
    .addHelpText('after', '\nExample:\n  autoproxy ps\n  autoproxy ps shop --watch 1s')
    .action(async (app: string | undefined, options: PsOptions) => {
      await showReading<StateDocument>(terminal, {
        everyMs: watchPause(options),
        isJson: options.json === true,
        read: async () => withAppOnly(await askNode(options, (client) => client.readState()), app),
        lines: (state) => formatInstances(state, { paint: terminal.paint, width: widthOf(terminal) }),
        json: (state) => ({ version: 1, node: state.node, instances: instanceRows(state) }),
      });
    });
}
