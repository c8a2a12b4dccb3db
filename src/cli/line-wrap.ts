/** Lines that are wider than the terminal. Pure. */
import { stripVTControlCharacters } from 'node:util';

/** Of the lines behind the first. */
const INDENT = 4;
/** An indentation that is a greater part of the line leaves too little room beside it. */
const MOST_INDENT = 1 / 3;

/**
 * Breaks a line between its words. A word is never broken: an address or a path can be copied as a whole.
 * @param indent of the lines behind the first, where there is room for it
 */
export function wrapLine(line: string, width: number, indent: number = INDENT): readonly string[] {
  if (widthOf(line) <= width) return [line];
  const margin = ' '.repeat(indent <= width * MOST_INDENT ? indent : INDENT);
  const lines: string[] = [];
  let current = '';
  for (const word of line.match(/ *[^ ]+/g) ?? []) {
    if (current === '' || widthOf(current + word) <= width) current += word;
    else {
      lines.push(current);
      current = margin + word.trimStart();
    }
  }
  return [...lines, current];
}

/** All that is shown is one column wide; colours have no width. */
function widthOf(line: string): number {
  return [...stripVTControlCharacters(line)].length;
}
