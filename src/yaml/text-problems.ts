/** The problems of one text, each with its line and column; their number, length and content are bounded. */
import { LineCounter } from 'yaml';
import { cut } from '../core/short-text.js';
import type { Problem } from '../model/problem.js';

/** A text with more problems than these is not worth listing in full. */
const MAX_PROBLEMS = 50;
const MAX_MESSAGE_LENGTH = 200;

/** Messages put words of the text in quotes: all from the first quote to the last. */
const QUOTED = /".*"/s;

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly col: number;
}

export class TextProblems {
  readonly file: string;
  /** Messages repeat nothing of the text: their reader may lack the right to read the file. */
  readonly hidesContent: boolean;
  readonly list: Problem[] = [];
  /** The parser enters the start of each line here. */
  readonly lines = new LineCounter();

  constructor(file: string, hidesContent: boolean) {
    this.file = file;
    this.hidesContent = hidesContent;
  }

  /** @param offset where in the text, in characters from 0 */
  note(severity: Problem['severity'], app: string | null, offset: number, message: string, hint: string): void {
    if (this.list.length >= MAX_PROBLEMS) return;
    const isLast = this.list.length === MAX_PROBLEMS - 1;
    const shown = isLast
      ? { message: 'there are more problems than are listed', hint: 'fix those above first' }
      : { message: cut(this.#withoutContent(message), MAX_MESSAGE_LENGTH), hint: this.#withoutContent(hint) };
    this.list.push({ severity, app, file: this.file, ...this.placeOf(offset), ...shown });
  }

  /** @param offset where in the text, in characters from 0 */
  placeOf(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return line === 0 ? { line: 1, col: Math.max(1, col) } : { line, col };
  }

  /** Enters the lines of a text that is refused before the parser sees it. */
  countLines(text: string): void {
    this.lines.addNewLine(0);
    for (const { index } of text.matchAll(/\n/g)) this.lines.addNewLine(index + 1);
  }

  #withoutContent(words: string): string {
    return this.hidesContent ? withoutQuoted(words) : words;
  }
}

/** A message without the words of the text that it quotes. */
export function withoutQuoted(message: string): string {
  return message.replace(QUOTED, '"..."');
}
