import { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES } from '../exit-codes.js';
import { applyEdgeOnce, exitCodeOf, outcomeText } from './apply-once.js';
import { addInstallationOptions, type InstallationOptionValues } from './installation-options.js';
import { addEdgeOptions, type EdgeOptionValues, problemLines } from './rendering.js';

interface EdgeApplyOptions extends EdgeOptionValues, InstallationOptionValues {
  readonly json?: true;
}

export function createEdgeApplyCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('apply')
    .description('apply registry and site to the HAProxy of this machine, once')
    .option('--json', 'one JSON document for programs')
    .addHelpText(
      'after',
      [
        '',
        'Maps, lists and certificates change as HAProxy runs; all else by one hitless reload. What HAProxy refuses changes',
        'nothing (exit code 1); what does not work is rolled back (exit code 4). HAProxy runs as "edge run" starts it, or:',
        '  haproxy -W -S /run/haproxy/master.sock,level,admin -f /var/lib/autoproxy/edge/current/haproxy.cfg',
        '',
        'Example:',
        '  autoproxy edge apply --registry ./apps --site edge.yml',
      ].join('\n'),
    );
  return addInstallationOptions(addEdgeOptions(command)).action(async (options: EdgeApplyOptions) => {
    const applied = await applyEdgeOnce(options, context);
    const { release, served, refused, problems, outcome } = applied;
    for (const line of problemLines(problems)) terminal.warn(line);
    if (options.json) terminal.print(JSON.stringify({ release, served, refused, problems, outcome }, null, 2));
    else terminal.print(outcomeText(applied));
    const code = exitCodeOf(applied);
    if (code !== EXIT_CODES.done) finish(code);
  });
}
