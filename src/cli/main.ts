#!/usr/bin/env node
/** The entry of `autoproxy`: runs a command, says in words what went wrong, ends with the right exit code. */
import { CommanderError } from 'commander';
import { CommandFailure, EXIT_CODES, type ExitCode } from './exit-codes.js';
import { nodeDefaultsFrom } from './node-options.js';
import { createProgram } from './program.js';
import { createTerminal, type Terminal } from './terminal.js';

async function runCommand(argv: readonly string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT_CODES.done;
  const program = createProgram({
    terminal,
    env,
    defaults: nodeDefaultsFrom(env),
    finish: (code) => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Help and version come this way too; of all else commander has said what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.usage;
    terminal.warn(`autoproxy: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof CommandFailure) {
      if (error.hint !== null) terminal.warn(`  → ${error.hint}`);
      return error.exitCode;
    }
    return EXIT_CODES.failed;
  }
}

// `autoproxy status | head` ends the reader first; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.done);
  throw error;
});
process.exitCode = await runCommand(process.argv.slice(2), process.env, createTerminal(process.env));
