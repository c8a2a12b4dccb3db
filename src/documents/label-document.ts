/**
 * An app that the labels of a container define: the keys of the services directory (app-keys.ts), each as a label
 * `autoproxy.balance`, those of a group as `autoproxy.health.path`. Lists are parted by commas.
 */
import { Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Refusal } from '../core/refusal.js';
import { shorten } from '../core/short-text.js';
import type { App } from '../model/app.js';
import type { Problem } from '../model/problem.js';
import type { JsonSchema } from '../yaml/reader.js';
import { readTable } from '../yaml/table-reader.js';
import { INVALID, YamlText } from '../yaml/yaml-text.js';
import { APP_KEYS } from './app-keys.js';
import { noteMeaningless, settingsFromValues } from './app-settings.js';
import { APP_NAME, APP_NAME_HINT } from './service-document.js';

export const LABEL_PREFIX = 'autoproxy.';

const { instances: _, ...LABEL_KEYS } = APP_KEYS;

/** The names of all labels that define an app, with those in groups: `slot`, `health.path`. */
export const APP_LABEL_NAMES: readonly string[] = Object.entries(LABEL_KEYS).flatMap(([name, { reader, aliases }]) =>
  [name, ...aliases].flatMap((known) => namesIn(known, reader.schema)),
);

/** Labels without which the others define nothing. */
export const SLOT_LABEL_NAMES: readonly string[] = ['translated_port', ...LABEL_KEYS.translated_port.aliases];

interface LabelDocument {
  /** Without instances; null: it is in error. */
  readonly app: App | null;
  readonly problems: readonly Problem[];
}

/**
 * @param labels with the prefix; in capital letters it is a mistake
 * @param file stands in problems and in the app's origin: the container
 * @param source the name of the source, for the app's origin
 */
export function appFromLabels(
  name: string,
  labels: ReadonlyMap<string, string>,
  file: string,
  source: string,
): LabelDocument {
  const text = new YamlText('', { version: '1.1', file });
  const owner = new Scalar(name);
  const place = { text, source, app: name, path: LABEL_PREFIX.slice(0, -1), reading: 'lenient' } as const;
  let app: App | null = null;
  const unsure = refusalOf(labels);
  if (!APP_NAME.test(name)) text.note('error', name, owner, `${shorten(name)} is no name for an app`, APP_NAME_HINT);
  else if (unsure !== null) text.note('error', name, owner, unsure.message, unsure.hint);
  else {
    const values = readTable(LABEL_KEYS, mapFrom(labels), owner, place);
    if (values !== INVALID) {
      noteMeaningless(values, owner, place);
      const origin = { source, location: file, line: null, col: null };
      const { native_port: nativePort, translated_port: slot } = values;
      app = { name, nativePort, slot, ...settingsFromValues(values), instances: [], origin };
    }
  }
  return { app, problems: text.problems.map((problem) => ({ ...problem, line: null, col: null })) };
}

/**
 * A label without a value comes of a variable that is not set, and one in other letters of a slip: whether an app is internal
 * must not depend on either.
 */
function refusalOf(labels: ReadonlyMap<string, string>): Refusal | null {
  for (const [label, written] of labels) {
    const shown = shorten(label);
    const plain = label.toLowerCase();
    if (label !== plain && APP_LABEL_NAMES.includes(nameOf(plain)))
      return { message: `${shown} has capital letters`, hint: `write ${plain}` };
    if (written.trim() === '') return { message: `${shown} is empty`, hint: 'give it a value, or leave the label out' };
  }
  return null;
}

function nameOf(label: string): string {
  return label.slice(LABEL_PREFIX.length);
}

/** Labels in groups become maps. What is a word and a group at once is left to the reader, which refuses the word. */
function mapFrom(labels: ReadonlyMap<string, string>): YAMLMap {
  const root = new YAMLMap();
  const groups = new Map<string, YAMLMap>();
  const named = [...labels].map(([label, written]) => [nameOf(label), written] as const);
  for (const [label, written] of named.sort(([one], [other]) => (one < other ? -1 : 1))) {
    const dot = label.indexOf('.');
    const first = dot === -1 ? label : label.slice(0, dot);
    const isGroup = dot !== -1 && LABEL_GROUPS.has(first);
    const group = isGroup ? (groups.get(first) ?? new YAMLMap()) : root;
    if (isGroup && !groups.has(first)) root.items.push(new Pair(new Scalar(first), group));
    if (isGroup) groups.set(first, group);
    const key = isGroup ? label.slice(dot + 1) : label;
    group.items.push(new Pair(new Scalar(key), LIST_LABELS.has(label) ? listFrom(written) : scalarFrom(written)));
  }
  return root;
}

/** A label is always text: what looks like a flag is one, as in YAML 1.1. */
function scalarFrom(written: string): Scalar {
  const text = written.trim();
  const isFlag = /^(true|false|yes|no|on|off)$/i.test(text);
  const scalar = new Scalar<boolean | string | null>(
    isFlag ? /^(true|yes|on)$/i.test(text) : text === '' ? null : text,
  );
  scalar.source = text;
  return scalar;
}

function listFrom(written: string): YAMLSeq {
  const list = new YAMLSeq();
  const items = written.split(',').map((item) => item.trim());
  for (const item of items) if (item !== '') list.items.push(scalarFrom(item));
  return list;
}

const LABEL_GROUPS: ReadonlySet<string> = new Set(
  Object.entries(LABEL_KEYS).flatMap(([name, { reader }]) => (reader.schema.type === 'object' ? [name] : [])),
);

const LIST_LABELS: ReadonlySet<string> = new Set(
  Object.entries(LABEL_KEYS).flatMap(([name, { reader }]) => (reader.schema.type === 'array' ? [name] : [])),
);

function namesIn(name: string, schema: JsonSchema): readonly string[] {
  if (schema.type !== 'object' || typeof schema.properties !== 'object' || schema.properties === null) return [name];
  return Object.keys(schema.properties).map((inner) => `${name}.${inner}`);
}
