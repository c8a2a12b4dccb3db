/** Texts of others in messages: cut where they get long. */

/** For messages: a word that somebody wrote. */
export function shorten(text: string): string {
  return cut(text, 40);
}

/** @param length at least 3 */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}
