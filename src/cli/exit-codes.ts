/** What the exit code of every command means. Scripts depend on these numbers. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  different: 2,
  deadline: 3,
  rolledBack: 4,
  usage: 64,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** Ends a command with a message for people; `hint` says what to do next. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | null;

  constructor(message: string, hint: string | null = null, exitCode: ExitCode = EXIT_CODES.failed) {
    super(message);
    this.name = 'CommandFailure';
    this.hint = hint;
    this.exitCode = exitCode;
  }
}
