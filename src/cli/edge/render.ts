import { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { countOf } from '../count-text.js';
import { EXIT_CODES } from '../exit-codes.js';
import { missingOption } from '../option-types.js';
import { writeReleaseFiles } from './release-files.js';
import { addEdgeOptions, type EdgeOptionValues, problemLines, renderFrom } from './rendering.js';

interface EdgeRenderOptions extends EdgeOptionValues {
  readonly out?: string;
  readonly strict?: true;
  readonly json?: true;
}

export function createEdgeRenderCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('render')
    .description('write the configuration of HAProxy: the apps of the registry, as the site serves them')
    .option('--out <DIR>', 'where the release is written, required: haproxy.cfg and all that it names')
    .option('--strict', 'fail on warnings and on left out apps or certificates too (exit code 2)')
    .option('--json', 'one JSON document for programs')
    .addHelpText(
      'after',
      [
        '',
        'An app with errors is reported and left out; the others are served.',
        '',
        'Example:',
        '  autoproxy edge render --registry ./apps --site edge.yml --out ./release && haproxy -c -f ./release/haproxy.cfg',
      ].join('\n'),
    );
  return addEdgeOptions(command).action(async (options: EdgeRenderOptions, self: Command) => {
    const out = options.out ?? missingOption(self, '--out <DIR>');
    const { release, served, refused, problems } = await renderFrom(options, context);
    await writeReleaseFiles(out, release);
    if (options.json) {
      terminal.print(JSON.stringify({ release: release.id, out, served, refused, problems }, null, 2));
    } else {
      const left = refused.length === 0 ? '' : `, ${refused.length} left out`;
      terminal.print(`${out}: release ${release.id}, ${countOf(served.length, 'app')}${left}`);
    }
    for (const line of problemLines(problems)) terminal.warn(line);
    if (options.strict && (refused.length > 0 || problems.length > 0)) finish(EXIT_CODES.different);
  });
}
