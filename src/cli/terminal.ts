import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

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
}

/** The real one. Colours only on a screen, and not with NO_COLOR (no-color.org) or TERM=dumb. */
export function createTerminal(env: NodeJS.ProcessEnv): Terminal {
  const stdout = process.stdout as WriteStream;
  const isInteractive = stdout.isTTY === true && env.TERM !== 'dumb';
  const isColoured = isInteractive && (env.NO_COLOR ?? '') === '';
  return {
    isInteractive,
    get columns() {
      return stdout.columns ?? 120;
    },
    get rows() {
      return stdout.rows ?? 40;
    },
    paint: isColoured ? (style, text) => styleText(style, text) : plainPaint,
    write: (text) => void stdout.write(text),
    print: (line) => void stdout.write(`${line}\n`),
    warn: (line) => void process.stderr.write(`${line}\n`),
  };
}
