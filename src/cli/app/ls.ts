import { Command } from 'commander';
import type { AppDefinition } from '../../model/app-definition.js';
import { openPods } from '../../model/open-pods.js';
import { formatProblem } from '../../model/problem.js';
import type { CommandContext } from '../command-context.js';
import { addRegistryOptions, type RegistryOptionValues, withRegistry } from '../registry-options.js';
import { formatTable } from '../table.js';
import { printLines } from '../terminal.js';

interface AppLsOptions extends RegistryOptionValues {
  readonly pod?: string;
  readonly json?: true;
}

const COLUMNS = [
  { title: 'APP' },
  { title: 'SLOT', align: 'right' },
  { title: 'PROTOCOL' },
  { title: 'PODS' },
  { title: 'ROUTES', align: 'right' },
  { title: 'IMAGE' },
] as const;

export function createAppLsCommand(context: CommandContext): Command {
  const { terminal } = context;
  const command = new Command('ls')
    .description('list the apps of the registry')
    .option('--pod <NAME>', 'those of one pod')
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', '\nExample:\n  autoproxy app ls --pod alpha --consul http://127.0.0.1:8500');
  return addRegistryOptions(command).action(async (options: AppLsOptions) => {
    const { apps, refused, problems } = await withRegistry(options, context, (registry) => registry.list());
    const shown = apps
      .map(({ definition }) => definition)
      .filter(({ pods }) => options.pod === undefined || pods.includes(options.pod));
    if (options.json) return terminal.print(JSON.stringify({ apps: shown, refused, problems }, null, 2));
    const rows = shown.map((app) => [
      app.name,
      String(app.slot ?? '-'),
      app.settings.protocol,
      app.pods.join(','),
      routesText(app),
      app.image ?? '-',
    ]);
    printLines(
      terminal,
      formatTable(COLUMNS, rows, (title) => terminal.paint('bold', title)),
    );
    for (const problem of problems) terminal.warn(formatProblem(problem));
  });
}

function routesText(app: AppDefinition): string {
  const count = String(app.edge?.routes.length ?? 0);
  if (app.edge === null || openPods(app).length > 0) return count;
  return `${count} (${app.edge.isClosed ? 'closed' : 'held'})`;
}
