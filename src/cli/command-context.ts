import type { ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** What every command gets instead of reaching for the process. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  /** Where the node reads its services when nothing else is said. */
  readonly servicesDir: string;
  /** Address of a node's admin API when nothing else is said. */
  readonly adminAddress: string;
  /** Sets the exit code; the command ends by itself. */
  finish(code: ExitCode): void;
}
