/** Names mutants by their text, so that an entry outlives the move of a line. */
export interface Equivalent {
  /** From the root, as it is written: `src/http1/framing.ts`. */
  readonly file: string;
  readonly mutator: string;
  /** The first line of it in the compiled file, without indent. */
  readonly line: string;
  /** On one line, cut at 80 characters, as the command prints it. */
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}
