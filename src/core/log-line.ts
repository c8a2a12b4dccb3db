/** Lines of the log for people: `2026-11-29T09:01:02.123Z info  primary: ready bind=:: own=10.0.0.5`. */
import type { DestinationStream } from 'pino';

/** A record as pino writes it, one JSON line. */
interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly name: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** As pino's serializer of errors makes it. */
interface SerializedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly [field: string]: unknown;
}

/** Of the longest name, `error`, `debug`. */
const LEVEL_WIDTH = 5;
/** The head of the line has them, or, as the process id, only machines ask for them. */
const HEAD_FIELDS = ['time', 'level', 'name', 'msg', 'pid'];
const PLAIN_VALUE = /^[^\s"=]+$/u;
/**
 * Breaks a line, moves a cursor, or changes the order of what is shown: Unicode categories Cc, Cf, Zl and Zp. Half of a
 * surrogate pair (Cs) is not text.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Makes text of each JSON line before it goes to `destination`. */
export class TextLines implements DestinationStream {
  readonly #destination: DestinationStream & { flushSync?(): void };

  constructor(destination: DestinationStream) {
    this.#destination = destination;
  }

  write(line: string): void {
    this.#destination.write(textLine(line));
  }

  /** pino calls it after a fatal line. */
  flushSync(): void {
    this.#destination.flushSync?.();
  }
}

/**
 * @param json one line of the log. @returns one line, with its end; the stack of the field `err` follows on lines that
 * begin with blanks, so that no text of an error looks like a line of its own.
 */
function textLine(json: string): string {
  const record = JSON.parse(json) as LogRecord;
  const words = [record.time, record.level.padEnd(LEVEL_WIDTH), `${escaped(record.name)}:`];
  if (record.msg !== undefined) words.push(escaped(record.msg));
  let stack = '';
  for (const [name, value] of Object.entries(record)) {
    if (HEAD_FIELDS.includes(name)) continue;
    if (name === 'err' && isSerializedError(value)) {
      const { type: _, message, stack: trace, ...more } = value;
      words.push(fieldText(name, message));
      for (const [key, detail] of Object.entries(more)) words.push(fieldText(`${name}.${key}`, detail));
      stack = trace;
    } else {
      words.push(fieldText(name, value));
    }
  }
  return `${words.join(' ')}\n${indented(stack)}`;
}

function fieldText(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const isPlain = typeof value !== 'string' || (PLAIN_VALUE.test(value) && escaped(value) === value);
  // JSON escapes what is below U+0020, quotes and backslashes.
  return `${escaped(name)}=${escaped(isPlain ? text : JSON.stringify(value))}`;
}

function indented(stack: string): string {
  if (stack === '') return '';
  const lines = stack.split('\n').map((line) => `    ${escaped(line.trim())}\n`);
  return lines.join('');
}

function escaped(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

function isSerializedError(value: unknown): value is SerializedError {
  const { message, stack } = (value ?? {}) as Partial<SerializedError>;
  return typeof message === 'string' && typeof stack === 'string';
}
