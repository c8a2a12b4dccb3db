/** One word of a POSIX shell (XCU 2.2.2): nothing in it is expanded. */
export function shellQuoted(value: string): string {
  return /^[A-Za-z0-9_.,:/@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
