/**
 * The half of the directory source that decides and touches no disk: what each file has in force after it was read, and
 * which file owns an app that two files define.
 */

import { parseServiceDocument } from '../../documents/service-document.js';
import type { App } from '../../model/app.js';
import { type Problem, problemOf } from '../../model/problem.js';
import type { SourceReading } from '../source.js';

/** A file that loses apps and was written this recently may be half-written: the rest is waited for. */
export const LOST_APP_SETTLE_MS = 200;
/** A file that is broken, or looks cut off, and was written this recently is looked at again before it is believed. */
export const CUT_TEXT_SETTLE_MS = 60;

/** What was found when a file was to be read. */
export type FileContent =
  | { readonly kind: 'text'; readonly text: string; readonly ageMs: number; readonly isElsewhere?: boolean }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string };

/** What one file has in force. */
export interface FileRecord {
  readonly file: string;
  /** As the file says, or as it last said where it is broken. */
  readonly apps: readonly App[];
  readonly problems: readonly Problem[];
  /** The newest text that was believed; null when there has been none. */
  readonly text: string | null;
}

/** What each file had in force before the last stop, by the path of the file. */
export function recordsFromStored(apps: readonly App[]): ReadonlyMap<string, FileRecord> {
  const files = new Map<string, App[]>();
  for (const app of apps) files.set(app.origin.location, [...(files.get(app.origin.location) ?? []), app]);
  return new Map([...files].map(([file, own]) => [file, { file, apps: own, problems: [], text: null }]));
}

/** App name → file, as `DirectoryReading.owners`. */
export function ownersFromStored(apps: readonly App[]): ReadonlyMap<string, string> {
  return new Map(apps.map(({ name, origin }) => [name, origin.location]));
}

export type FileVerdict =
  | { readonly kind: 'record'; readonly record: FileRecord }
  /** Perhaps somebody is writing: look again after `waitMs`, until then what is in force stays. */
  | { readonly kind: 'unsettled'; readonly waitMs: number };

/** Reads one file's newest content against what it had in force before. */
export function recordFromContent(
  file: string,
  source: string,
  content: FileContent,
  previous: FileRecord | null,
): FileVerdict {
  const lastGood = previous?.apps ?? [];
  if (content.kind === 'refused') {
    const problem = fileProblem(file, content.message, content.hint);
    return recordVerdict({
      file,
      apps: lastGood,
      problems: withKept([problem], lastGood),
      text: previous?.text ?? null,
    });
  }
  const document = parseServiceDocument(content.text, file, source, lastGood, content.isElsewhere === true);
  const settleMs = settleTimeMs(document, content.text, previous);
  if (content.ageMs >= 0 && content.ageMs < settleMs) return { kind: 'unsettled', waitMs: settleMs - content.ageMs };

  if (document.outcome !== 'whole') {
    const text = previous?.text ?? null;
    return recordVerdict({ file, apps: lastGood, problems: withKept(document.problems, lastGood), text });
  }
  const refused = new Set(document.refused);
  const kept = lastGood.filter((app) => refused.has(app.name));
  const apps = [...document.apps, ...kept];
  return recordVerdict({ file, apps, problems: withKept(document.problems, kept), text: content.text });
}

/** How old the newest write must be before this text is believed; 0: at once. */
function settleTimeMs(
  document: ReturnType<typeof parseServiceDocument>,
  text: string,
  previous: FileRecord | null,
): number {
  // A broken or empty text takes nothing away; the wait only spares the log a complaint about a moment.
  if (document.outcome !== 'whole' || document.refused.length > 0) return CUT_TEXT_SETTLE_MS;
  if (previous?.text == null) return 0;
  const names = new Set(document.apps.map((app) => app.name));
  if (previous.apps.some((app) => !names.has(app.name))) return LOST_APP_SETTLE_MS;
  const isPrefix = text.length < previous.text.length && previous.text.startsWith(text);
  const hasLostItsEnd = previous.text.endsWith('\n') && !text.endsWith('\n');
  return isPrefix || hasLostItsEnd ? CUT_TEXT_SETTLE_MS : 0;
}

interface DirectoryReading {
  readonly reading: SourceReading;
  /** App name → the file whose definition is in force. */
  readonly owners: ReadonlyMap<string, string>;
}

/**
 * Puts the files together. Of two definitions of one app the one that was in force stays; at the first read that is the
 * alphabetically first file.
 * @param records of all files that exist, in any order
 */
export function directoryReadingFrom(
  records: Iterable<FileRecord>,
  previousOwners: ReadonlyMap<string, string>,
): DirectoryReading {
  const sorted = [...records].sort((a, b) => (a.file < b.file ? -1 : 1));
  const owners = new Map<string, string>();
  for (const { file, apps } of sorted) {
    for (const { name } of apps) if (previousOwners.get(name) === file) owners.set(name, file);
  }
  for (const { file, apps } of sorted) for (const { name } of apps) if (!owners.has(name)) owners.set(name, file);

  const apps: App[] = [];
  const problems: Problem[] = [];
  const origins = new Map<string, App>();
  for (const { file, apps: defined } of sorted) {
    for (const app of defined) if (owners.get(app.name) === file) origins.set(app.name, app);
  }
  for (const record of sorted) {
    problems.push(...record.problems);
    for (const app of record.apps) {
      const owner = origins.get(app.name);
      if (owner === app) apps.push(app);
      else if (owner !== undefined) problems.push(refusedByOwner(app, owner));
    }
  }
  return { reading: { apps, problems }, owners };
}

function refusedByOwner(app: App, owner: App): Problem {
  const message = `${app.name}: ${owner.origin.location}:${owner.origin.line} defines this app already and is used`;
  return problemOf(app, 'error', message, 'remove one of the two, or rename it');
}

/** Says beside each error that the last good version serves on, since that is what people ask next. */
function withKept(problems: readonly Problem[], kept: readonly App[]): readonly Problem[] {
  const names = new Set(kept.map((app) => app.name));
  return problems.map((problem) => {
    const isKept = problem.app === null ? names.size > 0 : problem.severity === 'error' && names.has(problem.app);
    if (!isKept) return problem;
    const what =
      problem.app === null
        ? `its last good version (${names.size} ${names.size === 1 ? 'app' : 'apps'})`
        : 'its last good version';
    return { ...problem, message: `${problem.message}; ${what} stays in force` };
  });
}

function fileProblem(file: string, message: string, hint: string): Problem {
  return { severity: 'error', app: null, file, line: null, col: null, message, hint };
}

function recordVerdict(record: FileRecord): FileVerdict {
  return { kind: 'record', record };
}
