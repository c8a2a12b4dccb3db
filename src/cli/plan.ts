import { Command, Option } from 'commander';
import { composeText } from '../placement/compose-text.js';
import { engineSpec } from '../placement/engine-spec.js';
import type { CommandContext } from './command-context.js';
import { addDockerOption } from './docker-flag.js';
import { EXIT_CODES } from './exit-codes.js';
import { addImageOption, type PlacementOptionValues } from './placement/apply-options.js';
import { planDocument, planLines } from './placement/plan-text.js';
import { placementOf, plannedFor } from './placement/planned.js';
import { addRegistryOptions } from './registry-options.js';
import { printLines } from './terminal.js';

interface PlanOptions extends PlacementOptionValues {
  readonly format?: 'compose' | 'json';
  readonly json?: true;
}

export function createPlanCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('plan')
    .description('show what "apply" would change in the Swarm: services, fields, tasks')
    .argument('[app...]', 'the apps; without any, all, and services of apps that are gone')
    .addOption(
      new Option('--format <FORMAT>', 'ask no manager, and print what the services would be, for other tools')
        .choices(['compose', 'json'])
        .conflicts('json'),
    )
    .option('--json', 'the plan as one JSON document for programs')
    .addHelpText(
      'after',
      '\nExit code 2 when there is something to do.\n\nExample:\n  autoproxy plan checkout --consul http://127.0.0.1:8500',
    );
  return addDockerOption(addRegistryOptions(addImageOption(command))).action(
    async (apps: string[], options: PlanOptions) => {
      const wanted = await placementOf(apps, options, context);
      for (const warning of [...wanted.warnings, ...wanted.refusals]) terminal.warn(`autoproxy: ${warning}`);
      if (wanted.refusals.length > 0) finish(EXIT_CODES.failed);
      const [missing] = wanted.gone.values();
      if (options.format !== undefined && missing !== undefined) throw missing;
      if (options.format === 'compose') return terminal.write(composeText(wanted.services));
      if (options.format === 'json')
        return terminal.print(
          JSON.stringify(
            wanted.services.map((service) => engineSpec(service)),
            null,
            2,
          ),
        );
      const { plan, against, warnings } = await plannedFor(wanted, options, context);
      if (options.json)
        terminal.print(JSON.stringify(planDocument(plan, [...against, ...wanted.refusals], warnings), null, 2));
      else printLines(terminal, planLines(plan));
      if (!options.json) for (const line of [...warnings, ...against]) terminal.warn(`autoproxy: ${line}`);
      if (against.length + wanted.refusals.length > 0) finish(EXIT_CODES.failed);
      else if (plan.steps.some(({ kind }) => kind !== 'keep')) finish(EXIT_CODES.different);
    },
  );
}
