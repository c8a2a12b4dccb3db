import { execFileSync } from 'node:child_process';
import { findProgram } from './components.js';

const SCRIPT = `
import csv, json, sys
text = sys.stdin.read().lstrip('# ')
print(json.dumps(list(csv.DictReader(text.splitlines()))))
`;

export type CsvRow = Readonly<Record<string, string>>;

/** The rows of HAProxy's CSV as Python's own parser reads them, in the way of Ansible's module. */
export function readCsvWithPython(text: string): readonly CsvRow[] {
  const python = findProgram('python3');
  if (python === null) throw new Error('missing: python3; npm test installs it');
  return JSON.parse(execFileSync(python, ['-c', SCRIPT], { input: text, encoding: 'utf8' })) as readonly CsvRow[];
}
