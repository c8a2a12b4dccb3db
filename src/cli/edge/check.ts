import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { checkConfiguration } from '../../../edge/haproxy/program.js';
import type { CommandContext } from '../command-context.js';
import { countOf } from '../count-text.js';
import { EXIT_CODES } from '../exit-codes.js';
import { haproxyFor } from './installation.js';
import { writeReleaseFiles } from './release-files.js';
import { addEdgeOptions, descriptorShortage, type EdgeOptionValues, problemLines, renderFrom } from './rendering.js';

interface EdgeCheckOptions extends EdgeOptionValues {
  readonly strict?: true;
  readonly json?: true;
}

export function createEdgeCheckCommand(context: CommandContext): Command {
  const { terminal, finish } = context;
  const command = new Command('check')
    .description('check registry, site and certificates, and the rendered result with HAProxy')
    .option('--strict', 'warnings fail too (exit code 2)')
    .option('--json', 'one JSON document for programs')
    .addHelpText(
      'after',
      '\nNothing is changed. An error fails the check (exit code 1), also an app or a certificate that would be left out. What HAProxy\n' +
        'says of this machine (nameservers, states of servers, descriptors) is printed, and fails nothing.\n\nExample:\n  autoproxy edge check --registry ./apps --site edge.yml --strict',
    );
  return addEdgeOptions(command).action(async (options: EdgeCheckOptions) => {
    const program = await haproxyFor(context);
    const { release, served, refused, problems, capacity } = await renderFrom(options, context);
    const folder = await mkdtemp(path.join(tmpdir(), 'autoproxy-edge-check-'));
    try {
      await writeReleaseFiles(folder, release);
      const { isValid, output, machine: said } = await checkConfiguration(program, path.join(folder, 'haproxy.cfg'));
      const shortage = await descriptorShortage(capacity);
      const machine = shortage === null ? said : [...said, shortage];
      const haproxy = { valid: isValid, output, machine };
      if (options.json) {
        terminal.print(JSON.stringify({ release: release.id, served, refused, problems, capacity, haproxy }, null, 2));
      } else {
        const left = refused.length === 0 ? '' : `, ${refused.length} left out`;
        terminal.print(`release ${release.id}: ${countOf(served.length, 'app')}${left}`);
      }
      for (const line of problemLines(problems)) terminal.warn(line);
      for (const line of machine) terminal.warn(`about this machine, and no fault of the configuration: ${line}`);
      if (!isValid) {
        terminal.warn(`HAProxy refuses the configuration:\n${output}`);
        finish(EXIT_CODES.failed);
      } else if (refused.length > 0 || problems.some(({ severity }) => severity === 'error')) finish(EXIT_CODES.failed);
      else if (options.strict && problems.length > 0) finish(EXIT_CODES.different);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}
