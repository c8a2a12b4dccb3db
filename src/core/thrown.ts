/** Anything can be thrown; what is shown of it, and told apart by, is read here alone. */

/** For people: the message of an error, anything else as text. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The code that the system gives its errors, such as ENOENT; empty without one. */
export function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : '';
  return typeof code === 'string' ? code : '';
}
