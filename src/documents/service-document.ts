/**
 * The services directory's format: a map of apps, each a map of keys (app-keys.ts); several documents are more apps.
 * YAML 1.1, as the old files were read: `internal: yes` is a boolean.
 */
import { isMap, type Node } from 'yaml';
import { shorten } from '../core/short-text.js';
import type { App, Origin } from '../model/app.js';
import type { Problem } from '../model/problem.js';
import type { JsonSchema, Values } from '../yaml/reader.js';
import { readTable, tableSchema } from '../yaml/table-reader.js';
import { type Entry, INVALID, YamlText } from '../yaml/yaml-text.js';
import { APP_KEYS } from './app-keys.js';
import { noteMeaningless, settingsFromValues } from './app-settings.js';

/** A file of this size holds some ten thousand apps; a larger one is a mistake and would stop the reader for seconds. */
export const MAX_DOCUMENT_BYTES = 1_048_576;

/** Capitals and underscores, because the old names have them; 63 as in DNS labels. */
export const APP_NAME = /^[a-zA-Z][a-zA-Z0-9_.-]{0,62}$/;

export const APP_KEY_NAMES: readonly string[] = Object.keys(APP_KEYS);

export interface ServiceDocument {
  readonly apps: readonly App[];
  /** Names of apps that the text speaks of and that are in error. */
  readonly refused: readonly string[];
  /** Not all of them when they are very many. */
  readonly problems: readonly Problem[];
  /** whole: what is not in `apps` and not in `refused` is not there; empty: it says nothing; broken: not to be believed. */
  readonly outcome: 'whole' | 'empty' | 'broken';
}

/**
 * Reads one file of the services directory. An app with an error is left out and named in a problem; the others live on.
 * @param file stands in problems and in the apps' origin
 * @param source the name of the source, for the apps' origin
 * @param hidesContent problems repeat nothing of the text but keys that are known, and names that an app may have
 * @param lastGood what the file has in force: a weight or a state of an instance that cannot be read stays as it is there
 */
export function parseServiceDocument(
  text: string,
  file: string,
  source: string,
  lastGood: readonly App[] = [],
  hidesContent = false,
): ServiceDocument {
  const lastApps = new Map(lastGood.map((app) => [app.name, app]));
  const yaml = new YamlText(text, { version: '1.1', file, hidesContent });
  const apps = new Map<string, App>();
  const seen = new Map<string, number>();
  let isBroken = yaml.isBroken;
  let isEmpty = true;
  for (const root of yaml.roots) {
    if (root === null) continue;
    isEmpty = false;
    if (!isMap(root)) {
      yaml.note('error', null, root, 'this is not a map of apps', 'write "name:" and its keys below, indented');
      isBroken = true;
      continue;
    }
    for (const pair of root.items) {
      const entry = yaml.entry(pair);
      if (entry === null) {
        yaml.note('error', null, pair.key as Node, 'the name of an app is not a plain text', 'write "name:"');
        continue;
      }
      const app = readApp(entry, yaml, { file, source, seen, lastApps });
      if (app !== null) apps.set(app.name, app);
    }
  }
  const refused = [...seen.keys()].filter((name) => !apps.has(name));
  if (isBroken) return { apps: [], refused, problems: yaml.problems, outcome: 'broken' };
  if (isEmpty) yaml.note('warning', null, null, 'this file is empty', 'delete it, or write {} to remove its apps');
  return { apps: [...apps.values()], refused, problems: yaml.problems, outcome: isEmpty ? 'empty' : 'whole' };
}

/** The JSON Schema of a file of the services directory, for editors. */
export function serviceDocumentJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'autoproxy services',
    type: 'object',
    propertyNames: { pattern: APP_NAME.source },
    additionalProperties: tableSchema(APP_KEYS),
  };
}

export const APP_NAME_HINT = 'a letter, then letters, digits, _ . -, at most 63';

interface DocumentPlace {
  readonly file: string;
  readonly source: string;
  /** The line in which each name stands. */
  readonly seen: Map<string, number>;
  readonly lastApps: ReadonlyMap<string, App>;
}

function readApp(
  { name, key, value }: Entry,
  yaml: YamlText,
  { file, source, seen, lastApps }: DocumentPlace,
): App | null {
  if (yaml.hidesContent && !APP_NAME.test(name)) {
    yaml.note('error', null, key, 'this is not a name for an app', APP_NAME_HINT);
    return null;
  }
  const { line, col } = yaml.place(key);
  const fail = (node: Node, message: string, hint: string): null => {
    yaml.note('error', name, node, `${shorten(name)}: ${message}`, hint);
    return null;
  };
  const earlier = seen.get(name);
  // The old reader took the last one silently. The first is what stood there before somebody copied it.
  if (earlier !== undefined)
    return fail(key, 'two apps have this name', `line ${earlier} has it too and is used; rename`);
  seen.set(name, line);
  if (!APP_NAME.test(name)) return fail(key, 'this is not a name for an app', APP_NAME_HINT);
  if (!isMap(value)) return fail(value ?? key, 'an app is a map of keys', 'write its keys below the name, indented');
  const isTagged = yaml.refuseCustomTags(value, name, shorten(name));
  const lastInstances = new Map(lastApps.get(name)?.instances.map((instance) => [instance.id, instance]));
  const place = { text: yaml, source, app: name, path: name, reading: 'lenient', lastInstances } as const;
  const values = readTable(APP_KEYS, value, key, place);
  if (values === INVALID || isTagged) return null;
  noteMeaningless(values, key, place);
  return appFromValues(name, values, { source, location: file, line, col });
}

function appFromValues(name: string, values: Values<typeof APP_KEYS>, origin: Origin): App {
  const { native_port, translated_port, instances } = values;
  return { name, nativePort: native_port, slot: translated_port, ...settingsFromValues(values), instances, origin };
}
