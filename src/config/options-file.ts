/** The options of a node in a file of YAML, `name: value`. */
import path from 'node:path';
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { nearestName } from '../core/nearest-name.js';
import { shorten } from '../core/short-text.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { readWholeFileSync, UnreadableFile } from '../core/whole-file.js';
import type { Problem } from '../model/problem.js';
import { INVALID, YamlText } from '../yaml/yaml-text.js';
import type { Option, OptionTable, WrittenOption } from './option.js';
import { OPTIONS } from './options.js';

/** What an options file says. */
export interface OptionsFile {
  /** Absolute. */
  readonly path: string;
  /** By key of the table. */
  readonly written: ReadonlyMap<string, WrittenOption>;
  readonly problems: readonly Problem[];
}

/** Some hundred options would fit; a larger file is something else. */
const MAX_FILE_BYTES = 1_048_576;

const TABLE: OptionTable = OPTIONS;

/** @param file absolute */
export function readOptionsFile(file: string): OptionsFile {
  const written = new Map<string, WrittenOption>();
  const problems: Problem[] = [];
  const text = readText(file, problems);
  if (text === null) return { path: file, written, problems };
  const yaml = new YamlText(text, { version: '1.2', file });
  for (const root of yaml.roots) if (root !== null) takeEntries(yaml, root, file, written);
  problems.push(...yaml.problems);
  return { path: file, written, problems };
}

function takeEntries(yaml: YamlText, root: Node, file: string, written: Map<string, WrittenOption>): void {
  if (!isMap(root)) {
    yaml.note('error', null, root, 'this is not a map of options', 'write "name: value", one per line');
    return;
  }
  const entries = yaml.entries(root, null);
  if (entries === INVALID) return;
  const keys = new Map(Object.entries(TABLE).map(([key, { name }]) => [name, key]));
  for (const { name, key, value } of entries) {
    const known = keys.get(name.replaceAll('_', '-'));
    const option = known === undefined ? undefined : TABLE[known];
    if (known === undefined || option === undefined) {
      const nearest = nearestName(name, keys.keys());
      const hint = nearest === null ? `the options are ${[...keys.keys()].join(', ')}` : `did you mean "${nearest}"?`;
      yaml.note('error', null, key, `unknown option "${shorten(name)}"`, hint);
    } else if (written.has(known)) {
      yaml.note('error', null, key, `${option.name} is written twice`, 'keep one of them');
    } else if (value !== null) {
      const text = textOf(yaml, value, option);
      if (text !== null) written.set(known, { text, base: path.dirname(file), file, ...yaml.place(value) });
    }
  }
}

function textOf(yaml: YamlText, value: Node, option: Option<unknown>): string | null {
  if (isScalar(value)) return value.source ?? String(value.value);
  const items = option.isList && isSeq(value) ? value.items.map((item) => yaml.resolve(item)) : null;
  const texts = items?.map((item) => (isScalar(item) ? (item.source ?? String(item.value)) : null));
  if (texts !== undefined && !texts.includes(null)) return texts.join(',');
  const wanted = option.isList ? 'a plain value or a list of plain values' : 'a plain value';
  yaml.note('error', null, value, `${option.name} is not ${wanted}`, `write "${option.name}: ${option.placeholder}"`);
  return null;
}

function readText(file: string, problems: Problem[]): string | null {
  try {
    return readWholeFileSync(file, MAX_FILE_BYTES);
  } catch (error) {
    const code = codeOf(error);
    const message = reasonOf(error);
    if (error instanceof UnreadableFile) return refuseFile(file, message, 'name a file of options', problems);
    if (code === 'ENOENT') return refuseFile(file, 'this file does not exist', 'name an existing file', problems);
    return refuseFile(file, `reading it failed: ${message}`, 'let the user that the node runs as read it', problems);
  }
}

function refuseFile(file: string, message: string, hint: string, problems: Problem[]): null {
  problems.push({ severity: 'error', app: null, file, line: null, col: null, message, hint });
  return null;
}
