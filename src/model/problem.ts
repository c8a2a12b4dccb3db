import type { Origin } from './app.js';

/** Something that a person wrote and that is not right: what, where, what to do. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** The app it concerns, when that is known. */
  readonly app: string | null;
  readonly file: string;
  readonly line: number | null;
  readonly col: number | null;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string | null;
}

/** What is wrong with an app, at the place of its definition, or of the part of it that `origin` names. */
export function problemOf(
  { name, origin }: { readonly name: string; readonly origin: Origin },
  severity: Problem['severity'],
  message: string,
  hint: string,
): Problem {
  const { location, line, col } = origin;
  return { severity, app: name, file: location, line, col, message, hint };
}

export function errorsFirst(problems: readonly Problem[]): readonly Problem[] {
  const isError = ({ severity }: Problem): boolean => severity === 'error';
  return [...problems.filter(isError), ...problems.filter((problem) => !isError(problem))];
}

/** `file:line:col: message (hint)`, control and non-ASCII characters escaped: always one line. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.col].filter((part) => part !== null).join(':');
  const hint = problem.hint === null ? '' : ` (${problem.hint})`;
  return escapeText(`${place}: ${problem.severity}: ${problem.message}${hint}`);
}

/** `file:line`, or as much of it as is known. */
export function placeOf({ location, line }: Pick<Origin, 'location' | 'line'>): string {
  return line === null ? location : `${location}:${line}`;
}

/** `file:line:col`, or `key (index 812)`: as much as is known, safe for one line of a terminal. */
export function formatOrigin({ location, line, col, index }: Origin): string {
  const place = [location, line, col].filter((part) => part !== null).join(':');
  return escapeText(index === undefined ? place : `${place} (index ${index})`);
}

/** Makes a text of unknown origin safe for one line of a terminal or a log. */
export function escapeText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
