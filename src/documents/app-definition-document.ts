/**
 * Definitions of apps, as the registry holds them: one app a document, several documents a text. YAML 1.2 core, so JSON
 * too; strict: what is not known is an error, and a quoted number is a text.
 */
import { isMap, isScalar, type Node, type YAMLMap } from 'yaml';
import { shorten } from '../core/short-text.js';
import type { App, Instance, Origin } from '../model/app.js';
import type { AppDefinition } from '../model/app-definition.js';
import { PLACEMENT_DEFAULTS } from '../model/placement.js';
import { type Problem, problemOf } from '../model/problem.js';
import type { JsonSchema, Values } from '../yaml/reader.js';
import { readTable, tableSchema } from '../yaml/table-reader.js';
import { INVALID, YamlText } from '../yaml/yaml-text.js';
import { noteMeaningless, settingsFromValues } from './app-settings.js';
import { DEFINITION_KEYS, isAppName } from './definition-keys.js';
import { MAX_DOCUMENT_BYTES } from './service-document.js';

export interface ReadDefinition {
  readonly definition: AppDefinition;
  /** Its document as it was written, comments too. */
  readonly text: string;
}

export interface AppDefinitionDocument {
  /** In the order of the text. */
  readonly apps: readonly ReadDefinition[];
  /** Names of apps that the text speaks of and that are in error, so far as a name could be read. */
  readonly refused: readonly string[];
  /** Whether there is something that is neither in `apps` nor under its name in `refused`: it may define any app. */
  readonly hasUnnamed: boolean;
  readonly problems: readonly Problem[];
  /** whole: what is not in `apps` and not in `refused` is not there; empty: it says nothing; broken: not to be believed. */
  readonly outcome: 'whole' | 'empty' | 'broken';
}

/**
 * Reads definitions. A document with an error is left out and named in a problem; the others live on.
 * @param file stands in problems and in origins: a path or a key of the store
 * @param source the name of the source, for origins
 * @param hidesContent as in parseServiceDocument
 */
export function parseAppDefinitions(
  text: string,
  file: string,
  source: string,
  hidesContent = false,
): AppDefinitionDocument {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) {
    return unreadableDefinitions(file, `this is larger than the ${MAX_DOCUMENT_BYTES} bytes that are read`);
  }
  const yaml = new YamlText(text, { version: '1.2', file, hidesContent });
  const read: ReadDefinition[] = [];
  const refused = new Set<string>();
  let hasUnnamed = false;
  for (const [index, root] of yaml.roots.entries()) {
    if (root === null) continue;
    if (!isMap(root)) {
      hasUnnamed = true;
      yaml.note('error', null, root, 'this is not a definition of an app', 'write "name:", "pods:" and the other keys');
      continue;
    }
    const definition = readDefinition(root, yaml, file, source);
    if (definition !== null) read.push({ definition, text: yaml.parts[index] ?? '' });
    else {
      const name = nameOf(root, yaml);
      if (name !== null) refused.add(name);
      if (name === null || !isAppName(name)) hasUnnamed = true;
    }
  }
  for (const name of noteRepeated(read, yaml.problems)) refused.add(name);
  const isEmpty = yaml.roots.every((root) => root === null);
  if (yaml.isBroken) return { apps: [], refused: [], hasUnnamed: true, problems: yaml.problems, outcome: 'broken' };
  if (isEmpty) yaml.note('warning', null, null, 'this is empty', 'write a definition, or delete it');
  const apps = read.filter(({ definition }) => !refused.has(definition.name));
  const found = { apps, refused: [...refused], problems: yaml.problems };
  return { ...found, hasUnnamed: hasUnnamed || isEmpty, outcome: isEmpty ? 'empty' : 'whole' };
}

/** The JSON Schema of one definition, for editors. */
export function appDefinitionJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'autoproxy app',
    ...tableSchema(DEFINITION_KEYS),
  };
}

/** What a node serves of a definition. @returns null while the app has no slot. */
export function appFromDefinition(definition: AppDefinition, instances: readonly Instance[]): App | null {
  const { name, nativePort, slot, settings, origin } = definition;
  return slot === null ? null : { name, nativePort, slot, ...settings, instances, origin };
}

/** The part of a definition that a node serves, as it was served in a pod: what `appFromDefinition` made of it. */
export function definitionFromApp(app: App, pod: string): AppDefinition {
  const { name, nativePort, slot, instances: _, origin, ...settings } = app;
  return {
    name,
    pods: [pod],
    numInstances: 1,
    image: null,
    nativePort,
    slot,
    settings,
    edge: null,
    env: [],
    placement: PLACEMENT_DEFAULTS,
    origin,
  };
}

function readDefinition(root: YAMLMap, yaml: YamlText, file: string, source: string): AppDefinition | null {
  const app = nameOf(root, yaml);
  const place = { text: yaml, source, app, path: app === null ? 'app' : shorten(app), reading: 'strict' } as const;
  const isTagged = yaml.refuseCustomTags(root, app, place.path);
  const values = readTable(DEFINITION_KEYS, root, root, place);
  if (values === INVALID || !noteMeaningless(values, root, place) || isTagged) return null;
  if (values.protocol === 'tcp' && values.edge !== null) {
    const message = `${place.path}.edge: hosts and paths are those of HTTP`;
    yaml.note('error', app, root, message, 'remove it, or write "protocol: http"');
    return null;
  }
  return definitionFromValues(values, { source, location: file, ...yaml.place(root) });
}

function definitionFromValues(values: Values<typeof DEFINITION_KEYS>, origin: Origin): AppDefinition {
  return {
    name: values.name,
    pods: values.pods,
    numInstances: values.num_instances,
    image: values.image,
    nativePort: values.native_port,
    slot: values.slot,
    settings: settingsFromValues(values),
    edge: values.edge,
    env: values.env,
    placement: values.placement,
    origin,
  };
}

/** As far as there is a text; whether it is a good name is judged with all the rest. */
function nameOf(root: YAMLMap, yaml: YamlText): string | null {
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === 'name');
  const value: Node | null = pair === undefined ? null : yaml.resolve(pair.value);
  if (!isScalar(value) || typeof value.value !== 'string') return null;
  return yaml.hidesContent && !isAppName(value.value) ? null : value.value;
}

/** Which of two was meant nobody can say. @returns the names that stand more than once */
function noteRepeated(read: readonly ReadDefinition[], problems: Problem[]): readonly string[] {
  const byName = new Map<string, AppDefinition[]>();
  for (const { definition } of read) byName.set(definition.name, [...(byName.get(definition.name) ?? []), definition]);
  const repeated = [...byName].filter(([, same]) => same.length > 1);
  for (const [name, same] of repeated) {
    const lines = same.map(({ origin }) => origin.line).join(' and ');
    const message = `${name}: two definitions have this name, in lines ${lines}`;
    problems.push(...same.map((definition) => problemOf(definition, 'error', message, 'keep one of them')));
  }
  return repeated.map(([name]) => name);
}

/** Of a text that is not read at all: too large, or no text. */
export function unreadableDefinitions(file: string, message: string): AppDefinitionDocument {
  const problem = { app: null, file, line: null, col: null, message, hint: 'split it, or move it away' } as const;
  const problems = [{ severity: 'error', ...problem }] as const;
  return { apps: [], refused: [], hasUnnamed: true, problems, outcome: 'broken' };
}
