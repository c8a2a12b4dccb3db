import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { EXIT_CODES } from './exit-codes.js';
import { wrapLine } from './line-wrap.js';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'inverse';

/** Colours a text, or leaves it as it is where colours are not wanted. */
export type Paint = (style: Style, text: string) => string;

export const plainPaint: Paint = (_style, text) => text;

/** Where a command speaks: results on standard output, what went wrong on standard error. */
export interface Terminal {
  /** Standard output is a screen that can be redrawn. */
  readonly isInteractive: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  /** Without a line end. */
  write(text: string): void;
  print(line: string): void;
  warn(line: string): void;
  /**
   * The reader of standard output has ended, as `| head` does. A command goes on without it, and ends with its own exit
   * code; one that shows things until it is ended listens.
   * @returns ends the listening
   */
  onReaderGone(listener: () => void): () => void;
}

/**
 * The real one. Colours only on a screen, and not with NO_COLOR (no-color.org) or TERM=dumb.
 */
export function createTerminal(env: NodeJS.ProcessEnv): Terminal {
  const stdout = process.stdout as WriteStream;
  const isInteractive = stdout.isTTY === true && env.TERM !== 'dumb';
  const listeners = new Set<() => void>();
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EIO: the terminal is gone.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') {
      // A full disk, as a rule. What a command has begun goes on.
      process.stderr.write(`autoproxy: standard output cannot be written: ${error.message}\n`);
      process.exit(EXIT_CODES.failed);
    }
    for (const listener of listeners) listener();
  });
  // A command goes on without a reader or a place for its complaints, and ends with its own exit code.
  process.stderr.on('error', () => {});
  const isColoured = isInteractive && (env.NO_COLOR ?? '') === '';
  return {
    isInteractive,
    // A terminal without a size says 0: under `script` without one, and for a moment in a new container.
    get columns() {
      return stdout.columns || 120;
    },
    get rows() {
      return stdout.rows || 40;
    },
    paint: isColoured ? (style, text) => styleText(style, text) : plainPaint,
    write: (text) => void stdout.write(text),
    print: (line) => void stdout.write(`${line}\n`),
    warn: (line) => void process.stderr.write(`${line}\n`),
    onReaderGone: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Of a line: what is written to a file or a pipe is never cut or broken. */
export function widthOf({ isInteractive, columns }: Terminal): number {
  return isInteractive ? columns : Number.POSITIVE_INFINITY;
}

/** Lines for people; one that is wider than the screen goes on below. */
export function printLines(terminal: Terminal, lines: readonly string[]): void {
  const width = widthOf(terminal);
  for (const line of lines) for (const part of wrapLine(line, width)) terminal.print(part);
}

/** The screen of its own that editors use: what stood in the terminal is back when it is left. No wrapping inside. */
export function enterScreen(terminal: Terminal): void {
  terminal.write('\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H');
}

export function leaveScreen(terminal: Terminal): void {
  terminal.write('\x1b[?7h\x1b[?25h\x1b[?1049l');
}

/** Overwrites in place, line by line, so that nothing flickers. What does not fit below is left out. */
export function drawLines(terminal: Terminal, lines: readonly string[]): void {
  const wrapped = lines.flatMap((line) => wrapLine(line, terminal.columns));
  const shown = wrapped.slice(0, Math.max(1, terminal.rows - 1));
  terminal.write(`\x1b[H${shown.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
}
