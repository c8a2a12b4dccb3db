import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { codeOf, reasonOf } from '../core/thrown.js';
import { readWholeFile, UnreadableFile } from '../core/whole-file.js';
import type { App } from '../model/app.js';
import { formatProblem, type Problem } from '../model/problem.js';
import { refuseClashes } from '../model/slot-clashes.js';
import { MAX_BACKUPS_BYTES, parseBackups } from '../neighbors/backups-file.js';
import { type FileRefusal, listServiceFiles, readServiceFile, stampFile } from '../sources/directory/files.js';
import { directoryReadingFrom, type FileRecord, recordFromContent } from '../sources/directory/reading.js';
import type { CommandContext } from './command-context.js';
import { countOf } from './count-text.js';
import { CommandFailure, EXIT_CODES } from './exit-codes.js';
import { readStandardInput, STDIN_NAME, STDIN_WORD } from './standard-input.js';

interface CheckOptions {
  readonly json?: true;
  readonly strict?: true;
}

export interface CheckedServices {
  readonly files: readonly string[];
  readonly apps: readonly App[];
  readonly problems: readonly Problem[];
}

export function createCheckCommand(context: CommandContext): Command {
  const { terminal, finish, defaults } = context;
  return new Command('check')
    .description('check a services directory or one file of it as the node reads it, and name every mistake')
    .argument('[path]', 'a directory or a file; - is standard input', defaults.servicesDir)
    .option('--strict', 'warnings fail too (exit code 2)')
    .option('--json', 'one JSON document for programs')
    .addHelpText(
      'after',
      '\nNeeds no running node.\n\nExample:\n  autoproxy check ./services --strict\n  ./render shop | autoproxy check -',
    )
    .action(async (target: string, options: CheckOptions) => {
      const { files, apps, problems } = await checkNamedServices(target, context);
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      const warnings = problems.length - errors;
      if (options.json) {
        terminal.print(JSON.stringify({ files, apps, problems }, null, 2));
      } else {
        for (const problem of problems) terminal.print(formatProblem(problem));
        const counts = [
          `${countOf(files.length, 'file')}, ${countOf(apps.length, 'app')}`,
          `${countOf(errors, 'error')}, ${countOf(warnings, 'warning')}`,
        ];
        terminal.print(counts.join(': '));
      }
      if (errors > 0) finish(EXIT_CODES.failed);
      else if (warnings > 0 && options.strict) finish(EXIT_CODES.different);
    });
}

/** What a person named: a directory, a file, or `-`. */
export async function checkNamedServices(target: string, context: CommandContext): Promise<CheckedServices> {
  const { adminPort } = context.defaults;
  if (target !== STDIN_WORD) return checkServices(target, adminPort);
  const record = recordOf(STDIN_NAME, { text: await readStandardInput(context) });
  return checkRecords([STDIN_NAME], record === null ? [] : [record], adminPort);
}

/** @param target a directory or a file */
export async function checkServices(target: string, adminPort: number): Promise<CheckedServices> {
  const files = await filesOf(target);
  const records: FileRecord[] = [];
  for (const file of files) {
    const content = await readContent(file);
    const record = content === null ? null : recordOf(file, content);
    if (record !== null) records.push(record);
  }
  const checked = checkRecords(files, records, adminPort);
  return { ...checked, problems: [...checked.problems, ...(await checkBackups(target))] };
}

/** With the very code of the directory source, so that nothing passes here that the node refuses. */
function checkRecords(files: readonly string[], records: readonly FileRecord[], adminPort: number): CheckedServices {
  const { reading } = directoryReadingFrom(records, new Map());
  const { apps, problems } = refuseClashes(reading.apps, [], [adminPort]);
  return { files, apps, problems: [...reading.problems, ...problems] };
}

/** The neighbors' list beside the services; most directories have none. */
async function checkBackups(directory: string): Promise<readonly Problem[]> {
  const file = path.join(directory, 'backups.txt');
  const text = await readWholeFile(file, MAX_BACKUPS_BYTES).catch((error: Error) => error);
  if (text instanceof UnreadableFile) {
    const hint = 'write one address per line';
    return [{ severity: 'error', app: null, file, line: null, col: null, message: text.message, hint }];
  }
  if (typeof text !== 'string') return [];
  return parseBackups(text).badLines.map((line) => ({
    severity: 'error',
    app: null,
    file,
    line,
    col: 1,
    message: 'this is not an IP address',
    hint: 'write one address per line',
  }));
}

async function filesOf(target: string): Promise<readonly string[]> {
  try {
    if (!(await stat(target)).isDirectory()) return [target];
    return (await listServiceFiles(target)).map((name) => path.join(target, name));
  } catch (error) {
    const code = codeOf(error);
    const message = reasonOf(error);
    if (code === 'ENOENT') {
      throw new CommandFailure(
        `${target}: this file or directory does not exist`,
        'name an existing one: autoproxy check DIR',
      );
    }
    throw new CommandFailure(`${target}: ${message}`, 'run the check as a user who may read it');
  }
}

/** @returns null when it has gone meanwhile */
async function readContent(file: string): Promise<{ readonly text: string } | FileRefusal | null> {
  const stamp = await stampFile(file);
  return stamp === null ? null : (stamp.refusal ?? (await readServiceFile(file)));
}

function recordOf(file: string, content: { readonly text: string } | FileRefusal): FileRecord | null {
  const verdict = recordFromContent(
    file,
    'directory',
    'message' in content
      ? { kind: 'refused', ...content }
      : // The person who checks may read the file, also where a link led to it.
        { kind: 'text', text: content.text, ageMs: Number.POSITIVE_INFINITY },
    null,
  );
  return verdict.kind === 'record' ? verdict.record : null;
}
