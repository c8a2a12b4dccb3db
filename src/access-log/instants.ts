import type { LineBuffer } from './line-buffer.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Writes instants. Each is asked for by many lines of one second, so the text up to the second is made once. */
export class Instants {
  readonly #textOf: (date: Date) => string;
  #second = -1;
  #text = '';

  /** @param textOf makes the text up to the second, or all of it in formats without a fraction */
  constructor(textOf: (date: Date) => string) {
    this.#textOf = textOf;
  }

  /** @param at in milliseconds since 1970 */
  write(line: LineBuffer, at: number): void {
    const second = Math.floor(at / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = this.#textOf(new Date(second * 1_000));
    }
    line.text(this.#text);
  }
}

/** `2009-02-06T12:14:14` */
export function isoSecond(date: Date): string {
  return date.toISOString().slice(0, 19);
}

/** `06/Feb/2009:12:14:14`, by the clock on the wall. */
export function localSecond(date: Date): string {
  const day = [two(date.getDate()), MONTHS[date.getMonth()], date.getFullYear()].join('/');
  return `${day}:${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `06/Feb/2009:12:14:14 +0100` */
export function localWithZone(date: Date): string {
  const east = -date.getTimezoneOffset();
  const minutes = Math.abs(east);
  return `${localSecond(date)} ${east < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

/** `06/Feb/2009:11:14:14 +0000` */
export function gmtSecond(date: Date): string {
  const day = [two(date.getUTCDate()), MONTHS[date.getUTCMonth()], date.getUTCFullYear()].join('/');
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
