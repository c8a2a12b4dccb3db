/** What stands in the record of a slot, in a file or under a key. Pure. */
import { isAppName } from '../documents/definition-keys.js';
import type { Problem } from '../model/problem.js';
import type { FreedSlot, SlotBook, SlotRecord } from './registry.js';

export interface RecordEntry {
  /** The last part of the path or key: a port, if all is well. */
  readonly name: string;
  /** The whole path or key, for people. */
  readonly place: string;
  readonly text: string;
}

/** @returns the name of the app, or null when the text is none */
export function slotFromText(text: string): string | null {
  const app = text.trim();
  return isAppName(app) ? app : null;
}

/** `checkout 2026-11-23T20:58:37.000Z` */
export function textFromFreed({ app, freedAt }: FreedSlot): string {
  return `${app} ${new Date(freedAt).toISOString()}\n`;
}

export function freedFromText(port: number, text: string): FreedSlot | null {
  const [app = '', time = '', ...more] = text.trim().split(' ');
  const freedAt = Date.parse(time);
  return more.length === 0 && isAppName(app) && Number.isFinite(freedAt) ? { port, app, freedAt } : null;
}

export function bookFromEntries(slots: readonly RecordEntry[], freed: readonly RecordEntry[]): SlotBook {
  const problems: Problem[] = [];
  const read = <T extends SlotRecord>(
    entries: readonly RecordEntry[],
    parse: (port: number, text: string) => T | null,
  ): T[] =>
    entries
      .flatMap(({ name, place, text }) => {
        const port = /^[1-9]\d{0,4}$/.test(name) && Number(name) < 65_535 ? Number(name) : null;
        const record = port === null ? null : parse(port, text);
        if (record === null) problems.push(unreadable(place, port));
        return record ?? [];
      })
      .sort((a, b) => a.port - b.port);
  return {
    slots: read(slots, (port, text) => {
      const app = slotFromText(text);
      return app === null ? null : { port, app };
    }),
    freed: read(freed, freedFromText),
    problems,
  };
}

function unreadable(file: string, port: number | null): Problem {
  const message = port === null ? 'its name is not a slot from 1 to 65534' : 'its text is not a valid record of a slot';
  return { severity: 'error', app: null, file, line: null, col: null, message, hint: 'remove it' };
}
