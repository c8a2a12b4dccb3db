/** Runs one command: says in words what went wrong, and ends with the right exit code. */
import { CommanderError } from 'commander';
import { descriptorHint } from '../core/descriptor-limit.js';
import { reasonOf } from '../core/thrown.js';
import type { CommandContext } from './command-context.js';
import { CommandFailure, EXIT_CODES, type ExitCode } from './exit-codes.js';
import { nodeDefaultsFrom } from './node-options.js';
import { createProgram } from './program.js';
import { createTerminal, type Terminal } from './terminal.js';

/**
 * @param argv without Node and the program
 * @param terminal by default that of the process
 * @returns the exit code
 */
export async function runCommand(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  terminal: Terminal = createTerminal(env),
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT_CODES.done;
  const context: CommandContext = {
    terminal,
    env,
    defaults: await nodeDefaultsFrom(env),
    finish: (code) => {
      exitCode = code;
    },
  };
  try {
    const program = await createProgram(context, argv);
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Help and version come this way too; of all else commander has said what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.usage;
    terminal.warn(`autoproxy: ${reasonOf(error)}`);
    if (error instanceof CommandFailure) {
      if (error.hint !== null) terminal.warn(`  → ${error.hint}`);
      return error.exitCode;
    }
    const hint = descriptorHint(error);
    if (hint !== null) terminal.warn(`  → ${hint}`);
    return EXIT_CODES.failed;
  }
}
