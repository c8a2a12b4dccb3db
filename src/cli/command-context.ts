import type { ExitCode } from './exit-codes.js';
import type { NodeDefaults } from './node-options.js';
import type { Terminal } from './terminal.js';

/** What every command gets instead of reaching for the process. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  /** Of the node on this machine, for commands that are not told otherwise. */
  readonly defaults: NodeDefaults;
  /** Sets the exit code; the command ends by itself. */
  finish(code: ExitCode): void;
}
