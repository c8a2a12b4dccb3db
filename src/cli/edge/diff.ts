import { Command } from 'commander';
import { planChange } from '../../../edge/apply/plan.js';
import { differencesBetween, type FileDifference } from '../../../edge/release/differences.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES } from '../exit-codes.js';
import { lastGoodFor } from './installation.js';
import { addStateDirOption, type InstallationOptionValues } from './installation-options.js';
import { addEdgeOptions, type EdgeOptionValues, problemLines, renderFrom } from './rendering.js';
import { startingPlace } from './starting-place.js';

interface EdgeDiffOptions extends EdgeOptionValues, InstallationOptionValues {
  readonly json?: true;
}

export function createEdgeDiffCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('diff')
    .description('show what "edge apply" would change, file by file and line by line')
    .option('--json', 'one JSON document for programs')
    .addHelpText(
      'after',
      '\nExit code 2 when there is a difference.\n\nExample:\n  autoproxy edge diff --registry ./apps --site edge.yml',
    );
  return addStateDirOption(addEdgeOptions(command)).action(async (options: EdgeDiffOptions) => {
    const current = await lastGoodFor(options, context);
    const { place, moved } = await startingPlace(options);
    const { release, problems } = await renderFrom(options, context, current, null, moved === null ? null : place);
    const differences = differencesBetween(current, release);
    const { kind } = planChange(current, release);
    if (options.json)
      terminal.print(JSON.stringify({ from: current?.id ?? null, to: release.id, way: kind, differences }, null, 2));
    else for (const difference of differences) terminal.print(differenceText(difference));
    for (const line of problemLines(problems)) terminal.warn(line);
    if (differences.length === 0) {
      if (!options.json) terminal.print(`release ${release.id}: nothing changes`);
      return;
    }
    if (!options.json)
      terminal.print(kind === 'hot' ? 'HAProxy takes it without a reload' : 'HAProxy has to be reloaded');
    finish(EXIT_CODES.different);
  });
}

function differenceText({ file, kind, removed, added }: FileDifference): string {
  return [`${file}: ${kind}`, ...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)].join('\n');
}
