/** The half of the Consul source that decides and speaks to nobody: what each key of the registry has in force. */
import type { KeyEntry } from '../../consul/answers.js';
import { misplacedApp } from '../../consul/registry-keys.js';
import { APPS_PREFIX } from '../../consul/settings.js';
import { appFromDefinition, definitionFromApp, parseAppDefinitions } from '../../documents/app-definition-document.js';
import { isAppName } from '../../documents/definition-keys.js';
import type { App } from '../../model/app.js';
import type { AppDefinition } from '../../model/app-definition.js';
import { escapeText, type Problem } from '../../model/problem.js';
import type { SourceReading, Withdrawal } from '../source.js';
import type { NodeCatalogue } from './catalogue.js';
import { instancesFrom } from './services.js';

const SOURCE = 'consul';

/** What one key has in force. */
export interface KeyRecord {
  readonly key: string;
  /** As it stands there, good or bad: equal text is not read twice. null: not read since the last start. */
  readonly text: string | null;
  readonly modifyIndex: number;
  /** As it says, or as it last said when it is broken; null: it has never been good. */
  readonly definition: AppDefinition | null;
  readonly problems: readonly Problem[];
}

/** What each key had in force before the last stop; a name that has been reserved since is not served on. */
export function recordsFromStored(apps: readonly App[], pod: string): readonly KeyRecord[] {
  return apps
    .filter(({ name }) => isAppName(name))
    .map((app) => ({
      key: APPS_PREFIX + app.name,
      text: null,
      modifyIndex: app.origin.index ?? 0,
      definition: definitionFromApp(app, pod),
      problems: [],
    }));
}

/** Reads one key's newest text against what it had in force. */
export function recordFromKey({ key, text, modifyIndex }: KeyEntry, previous: KeyRecord | null): KeyRecord {
  if (previous !== null && previous.text === text) return { ...previous, modifyIndex };
  const { definition, problems } = definitionFromText(key, text);
  const lastGood = previous?.definition ?? null;
  const isKept = definition === null && lastGood !== null;
  return {
    key,
    text,
    modifyIndex,
    definition: definition ?? lastGood,
    problems: problems.map((problem) =>
      isKept && problem.severity === 'error'
        ? { ...problem, message: `${problem.message}; its last good version stays in force` }
        : problem,
    ),
  };
}

function definitionFromText(
  key: string,
  text: string,
): { readonly definition: AppDefinition | null; readonly problems: readonly Problem[] } {
  const name = key.slice(APPS_PREFIX.length);
  const misplaced = misplacedApp(name);
  if (misplaced !== null) {
    return { definition: null, problems: [problemOf(key, name, 'warning', misplaced.message, misplaced.hint)] };
  }
  const { apps, problems } = parseAppDefinitions(text, escapeText(key), SOURCE);
  const [first] = apps;
  if (problems.some(({ severity }) => severity === 'error')) return { definition: null, problems };
  if (apps.length === 1 && first?.definition.name === name) return { definition: first.definition, problems };
  const found = apps.map(({ definition }) => definition.name).join(', ') || 'nothing';
  const message = `this key must hold the definition of ${escapeText(name)}; it holds ${found}`;
  const hint = 'write each definition to the key of its own name, as autoproxy app put does';
  return { definition: null, problems: [...problems, problemOf(key, name, 'error', message, hint)] };
}

/** The apps of the pod, with their instances on this node. */
export function consulReadingFrom(pod: string, records: readonly KeyRecord[], catalogue: NodeCatalogue): SourceReading {
  const problems: Problem[] = records.flatMap((record) => record.problems);
  const apps: App[] = [];
  const withdrawn: Withdrawal[] = [];
  for (const { definition, key, modifyIndex } of records) {
    if (definition === null) continue;
    const { name } = definition;
    if (!definition.pods.includes(pod)) {
      withdrawn.push({ app: name, instance: null });
      continue;
    }
    const found = instancesFrom(catalogue, name);
    problems.push(...found.problems);
    withdrawn.push(...found.withdrawn.map((instance) => ({ app: name, instance })));
    const app = appFromDefinition(definition, found.instances);
    if (app !== null) apps.push({ ...app, origin: { ...app.origin, index: modifyIndex } });
    else {
      const hint = `give it one: autoproxy slot alloc ${name}`;
      problems.push(problemOf(key, name, 'warning', `${name}: it has no slot yet and is not served`, hint));
    }
  }
  return { apps, problems, withdrawn };
}

function problemOf(key: string, app: string, severity: Problem['severity'], message: string, hint: string): Problem {
  return { severity, app: escapeText(app), file: escapeText(key), line: null, col: null, message, hint };
}
