/** Commands that show what a node says: once, or again and again until they are ended. */
import { setTimeout as delay } from 'node:timers/promises';
import { Option } from 'commander';
import { startKeys } from './demo/keys.js';
import { interruptible } from './interruption.js';
import { pauseArgument } from './option-types.js';
import { drawLines, enterScreen, leaveScreen, printLines, type Terminal } from './terminal.js';

export const WATCH_EVERY_MS = 2_000;
/** An answer of the node takes some milliseconds of its primary. */
const MIN_WATCH_MS = 100;
const END_KEYS = ['q', 'Q', '\x03'];

export interface ReadingOptionValues {
  readonly json?: true;
  /** true without a time of its own. */
  readonly watch?: number | true;
}

/** @param what each further table covers, for the help */
export function watchOption(what: string): Option {
  return new Option('--watch [TIME]', `repeat; ${what} (default: 2s, at least 100ms)`).argParser(
    pauseArgument(MIN_WATCH_MS),
  );
}

/** null: once. */
export function watchPause({ watch }: ReadingOptionValues): number | null {
  return watch === undefined ? null : watch === true ? WATCH_EVERY_MS : watch;
}

interface Reading<T> {
  /** Between two questions; null: one question. */
  readonly everyMs: number | null;
  readonly isJson: boolean;
  readonly read: () => Promise<T>;
  /** @param earlier the document before; null at the first time */
  readonly lines: (document: T, earlier: T | null) => readonly string[];
  readonly json: (document: T, earlier: T | null) => unknown;
  /** A document to begin with, which is not shown. */
  readonly first?: T;
}

/**
 * Prints once; or draws in place on a terminal until `q` or a signal, and prints a table, or a line of JSON, after another
 * elsewhere. The terminal is as it was at every end.
 * @returns the last document
 */
export async function showReading<T>(terminal: Terminal, reading: Reading<T>): Promise<T> {
  const { everyMs, isJson, read, lines, json, first = null } = reading;
  const redraws = everyMs !== null && terminal.isInteractive && !isJson;
  const show = (document: T, earlier: T | null): void => {
    if (isJson) terminal.print(JSON.stringify(json(document, earlier), null, everyMs === null ? 2 : 0));
    else if (redraws) drawLines(terminal, lines(document, earlier));
    else printLines(terminal, lines(document, earlier));
  };
  if (everyMs === null) {
    const only = await read();
    show(only, first);
    return only;
  }
  return interruptible(async (interrupt) => {
    const quit = new AbortController();
    const end = AbortSignal.any([interrupt, quit.signal]);
    const stopListening = terminal.onReaderGone(() => quit.abort());
    if (redraws) enterScreen(terminal);
    const giveKeysBack = redraws
      ? startKeys(process.stdin, (key) => {
          if (END_KEYS.includes(key)) quit.abort();
        })
      : () => {};
    try {
      for (let earlier: T | null = first; ; ) {
        const document = await read();
        show(document, earlier);
        earlier = document;
        await delay(everyMs, undefined, { signal: end }).catch(() => {});
        if (end.aborted) return document;
      }
    } finally {
      stopListening();
      giveKeysBack();
      if (redraws) leaveScreen(terminal);
    }
  });
}
