import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { runShow } from './demo/show.js';
import { EXIT_CODES } from './exit-codes.js';
import { type LogFormatOptionValues, logFormatFrom, logFormatOption } from './log-format-option.js';
import { durationArgument } from './option-types.js';

interface DemoOptions extends LogFormatOptionValues {
  readonly duration?: number;
  readonly script?: true;
}

/** Time enough for checks to notice what the script does. */
const SCRIPT_DURATION_MS = 25_000;

export function createDemoCommand({ terminal, env, finish }: CommandContext): Command {
  return new Command('demo')
    .description('run two nodes of one pod on this machine, with apps, traffic, a live table and things to try')
    .option(
      '--duration <time>',
      'end after this time; exit code 1 if a request failed whose instance was not killed',
      durationArgument,
    )
    .option('--script', 'play the steps without keys: stop one instance, stop all of an app on a node, restart them')
    .addOption(logFormatOption())
    .addHelpText(
      'after',
      '\nKeys: 1 stop one instance, 0 stop all of an app on a node, r restart them, q quit.\n\n' +
        'Example:\n  autoproxy demo\n  autoproxy demo --script --duration 30s',
    )
    .action(async (options: DemoOptions) => {
      const durationMs = options.duration ?? (options.script ? SCRIPT_DURATION_MS : null);
      const logFormat = logFormatFrom(options, env);
      const isScripted = options.script === true;
      const { failed, answered } = await runShow({ terminal, durationMs, isScripted, logFormat });
      // People who play by hand may break anything.
      if (durationMs !== null && (failed > 0 || answered === 0)) finish(EXIT_CODES.failed);
    });
}
