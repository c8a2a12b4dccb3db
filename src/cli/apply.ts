import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';
import { type ApplyOptionValues, addApplyOptions } from './placement/apply-options.js';
import { carryOut, type Underway } from './placement/carry-out.js';
import { placementOf } from './placement/planned.js';
import { freeSlots, giveSlots } from './placement/slot-stages.js';
import { openHeld } from './placement/way-in.js';
import { addRegistryOptions } from './registry-options.js';

interface ApplyOptions extends ApplyOptionValues {
  readonly all?: true;
  readonly force?: true;
}

export function createApplyCommand(context: CommandContext): Command {
  const command = new Command('apply')
    .description('bring the services of the Swarm to what the definitions say, and wait until they are')
    .argument('[app...]', 'the apps; without any, all, and services of apps that are gone are removed')
    .option('--all', 'all apps with their slots: slots of new apps, services, routes, then what is gone and its slots')
    .option('--force', 'also when most of the apps are gone from the registry')
    .addHelpText('after', '\nExample:\n  autoproxy apply checkout --consul http://127.0.0.1:8500');
  return addApplyOptions(addRegistryOptions(command)).action(async (apps: string[], options: ApplyOptions) => {
    const isAll = options.all === true;
    if (isAll && apps.length > 0)
      throw new CommandFailure('--all and names of apps', 'give only one of the two', EXIT_CODES.usage);
    const named = new Set(apps);
    const stages = {
      begin: async (underway: Underway) => {
        if (isAll) await giveSlots(underway, options, context);
      },
      open: async (underway: Underway) => {
        await openHeld((app) => named.size === 0 || named.has(app), underway, options, context);
        if (isAll) await freeSlots(underway, options, context);
      },
    };
    await carryOut(
      await placementOf(apps, options, context),
      stages,
      options,
      context,
      isAll ? 'autoproxy apply --all' : 'autoproxy apply',
    );
  });
}
