/** What is wrong between apps and slots: each leak has a name, and says how it ends. Pure. */
import { placeOf } from '../model/problem.js';
import type { SlotBook, StoredApps } from './registry.js';
import { placeObstaclesOf, type SlotRules } from './slot-rules.js';
import { mayBeUnreadable, unreadableProblems } from './stored-apps.js';

type LeakKind =
  | 'slot-without-app'
  | 'app-without-slot'
  | 'app-without-record'
  | 'slot-of-another'
  | 'two-slots'
  | 'same-slot'
  | 'overlap'
  | 'reserved'
  | 'ephemeral'
  | 'unreadable';

interface Leak {
  readonly kind: LeakKind;
  readonly port: number | null;
  readonly app: string | null;
  readonly message: string;
  readonly hint: string;
}

/** @returns sorted by port, then by app; empty: everything is in order */
export function findLeaks(stored: StoredApps, book: SlotBook, rules: SlotRules): readonly Leak[] {
  const leaks = [...leaksOfRecords(stored, book), ...leaksOfApps(stored, book), ...leaksOfPlaces(stored, book, rules)];
  for (const problem of [...book.problems, ...unreadableProblems(stored)]) {
    const message = `${placeOf({ location: problem.file, line: problem.line })}: ${problem.message}`;
    leaks.push({ kind: 'unreadable', port: null, app: problem.app, message, hint: problem.hint ?? 'remove it' });
  }
  return leaks.sort((a, b) => (a.port ?? 0) - (b.port ?? 0) || compare(a.app ?? '', b.app ?? ''));
}

function leaksOfRecords(stored: StoredApps, book: SlotBook): Leak[] {
  const leaks: Leak[] = [];
  const slots = new Map(stored.apps.map(({ definition: { name, slot } }) => [name, slot]));
  for (const { port, app } of book.slots) {
    // What cannot be read may well have this slot.
    if (mayBeUnreadable(stored, app)) continue;
    if (!slots.has(app)) {
      const hint = `write the app with "autoproxy app put", or free the slot: autoproxy slot free ${port}`;
      leaks.push({
        kind: 'slot-without-app',
        port,
        app,
        message: `slot ${port} belongs to ${app}, which does not exist`,
        hint,
      });
    } else if (slots.get(app) !== port) {
      const message = `slot ${port} is recorded for ${app}, which uses ${slots.get(app) ?? 'none'}`;
      leaks.push({ kind: 'two-slots', port, app, message, hint: `free the slot: autoproxy slot free ${port}` });
    }
  }
  return leaks;
}

function leaksOfApps(stored: StoredApps, book: SlotBook): Leak[] {
  const leaks: Leak[] = [];
  const owners = new Map(book.slots.map(({ port, app }) => [port, app]));
  const users = new Map<number, string>();
  for (const { definition } of stored.apps) {
    const { name: app, slot: port } = definition;
    if (port === null) {
      const hint = `give it one: autoproxy app get ${app} | autoproxy app put -`;
      leaks.push({ kind: 'app-without-slot', port, app, message: `${app} has no slot`, hint });
      continue;
    }
    const owner = owners.get(port);
    const hint = `give ${app} another slot, or none, with "autoproxy app put --move-slot"`;
    if (owner === undefined) {
      const message = `${app} uses slot ${port}, which has no record`;
      leaks.push({ kind: 'app-without-record', port, app, message, hint: `record it: autoproxy slot alloc ${app}` });
    } else if (owner !== app) {
      leaks.push({
        kind: 'slot-of-another',
        port,
        app,
        message: `${app} uses slot ${port}, which belongs to ${owner}`,
        hint,
      });
    }
    const other = users.get(port);
    if (other !== undefined)
      leaks.push({ kind: 'same-slot', port, app, message: `${app} and ${other} both use slot ${port}`, hint });
    users.set(port, app);
  }
  return leaks;
}

function leaksOfPlaces(stored: StoredApps, book: SlotBook, rules: SlotRules): Leak[] {
  const leaks: Leak[] = [];
  const used = new Map<number, string>();
  for (const { definition } of stored.apps) if (definition.slot !== null) used.set(definition.slot, definition.name);
  for (const { port, app } of book.slots) used.set(port, app);
  for (const [port, app] of used) {
    const hint = `give one of them another slot with "autoproxy app put --move-slot"`;
    const next = used.get(port + 1);
    if (next !== undefined) {
      const message = `slot ${port} of ${app} has its health port on slot ${port + 1} of ${next}`;
      leaks.push({ kind: 'overlap', port, app, message, hint });
    }
    for (const { kind, message } of placeObstaclesOf(port, rules)) {
      if (kind !== 'reserved' && kind !== 'ephemeral') continue;
      leaks.push({ kind, port, app, message: `slot ${port} of ${app} ${message}`, hint: `give ${app} another slot` });
    }
  }
  return leaks;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
