/** A mutant as Stryker reports it, with its names: where it is in this build, and what stays when lines move. */

/** Lines and columns from 1, the end is exclusive: as the schema of mutation reports has it. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Mutant {
  /** From the root: `dist/src/http1/framing.js`. */
  readonly file: string;
  readonly mutator: string;
  /** What stands there in the compiled file. */
  readonly original: string;
  readonly replacement: string;
  /** The whole first line of it, without indent: tells equal texts of a file apart. */
  readonly line: string;
  readonly start: Place;
  readonly end: Place;
}

export type Outcome = 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'RuntimeError';

export interface TestedMutant extends Mutant {
  readonly outcome: Outcome;
  /** Why, in Stryker's words; may be empty. */
  readonly reason: string;
}

/** The part of a report by the mutation testing schema that is read here. */
export interface MutationReport {
  readonly files: Readonly<Record<string, ReportedFile>>;
}

interface ReportedFile {
  readonly source: string;
  readonly mutants: readonly {
    readonly mutatorName: string;
    readonly replacement?: string;
    readonly status: string;
    readonly statusReason?: string;
    readonly location: { readonly start: Place; readonly end: Place };
  }[];
}

export function mutantsOf(report: MutationReport): (Mutant & { readonly status: string; readonly reason: string })[] {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants.map(({ mutatorName, replacement = '', status, statusReason, location: { start, end } }) => ({
      file,
      mutator: mutatorName,
      original: textBetween(lines, start, end),
      replacement,
      line: (lines[start.line - 1] ?? '').trim(),
      start,
      end,
      status,
      reason: statusReason ?? '',
    }));
  });
}

function textBetween(lines: readonly string[], start: Place, end: Place): string {
  const text = lines.slice(start.line - 1, end.line);
  const last = text.length - 1;
  text[last] = (text[last] ?? '').slice(0, end.column - 1);
  text[0] = (text[0] ?? '').slice(start.column - 1);
  return text.join('\n');
}

/** Names one mutant of one build. */
export function placeKey({ file, mutator, replacement, start, end }: Omit<Mutant, 'original' | 'line'>): string {
  return [file, start.line, start.column, end.line, end.column, mutator, replacement].join('|');
}

/** On one line, and cut: the text of a block is long. */
export function shortText(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > 80 ? `${flat.slice(0, 79)}…` : flat;
}

/** The expressions, as they are written, of which some mutant is one that JavaScript cannot read. */
export function unreadableExpressions(mutants: readonly Mutant[]): string[] {
  const found = mutants.filter(({ mutator, replacement }) => mutator === 'Regex' && !isReadable(replacement));
  return [...new Set(found.map(({ original }) => original))];
}

function isReadable(expression: string): boolean {
  const end = expression.lastIndexOf('/');
  try {
    new RegExp(expression.slice(1, end), expression.slice(end + 1));
    return true;
  } catch {
    return false;
  }
}
