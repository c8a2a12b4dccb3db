/** From documents to the apps of a registry. Pure. */
import type { AppDefinitionDocument } from '../documents/app-definition-document.js';
import { formatProblem, type Problem, problemOf } from '../model/problem.js';
import type { StoredApp, StoredApps } from './registry.js';

export interface ReadDocument {
  readonly document: AppDefinitionDocument;
  /** The app that its place is named after, which a document that cannot be read is taken for; null: none. */
  readonly placeName: string | null;
  versionOf(text: string): string;
}

/** An app that two documents define is none: which of them counts would depend on their order. */
export function storedFromDocuments(documents: Iterable<ReadDocument>): StoredApps {
  const byName = new Map<string, StoredApp[]>();
  const refused = new Set<string>();
  const unreadable: Problem[] = [];
  const taken = new Set<string>();
  const problems: Problem[] = [];
  for (const read of documents) {
    const { document, placeName, versionOf } = read;
    const found = problemsOf(read);
    problems.push(...found);
    if (document.hasUnnamed) {
      unreadable.push(...found.filter(({ severity }) => severity === 'error').slice(0, 1));
      if (placeName !== null) taken.add(placeName);
    }
    for (const name of document.refused) refused.add(name);
    for (const { definition, text } of document.apps) {
      const stored = { definition, text, version: versionOf(text) };
      byName.set(definition.name, [...(byName.get(definition.name) ?? []), stored]);
    }
  }
  for (const [name, same] of byName) {
    if (same.length === 1) continue;
    refused.add(name);
    for (const { definition } of same) problems.push(repeated(name, definition.origin, same));
  }
  for (const name of taken) if (!byName.has(name)) refused.add(name);
  const apps = [...byName.values()]
    .flatMap((same) => (same.length === 1 ? same : []))
    .sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  const readable = apps.filter(({ definition }) => !refused.has(definition.name));
  return { apps: readable, refused: [...refused], unreadable, problems };
}

/** Nobody empties a document to remove an app: that is an error here. One that speaks of no app is that of its place. */
function problemsOf({ document: { apps, refused, problems, outcome }, placeName }: ReadDocument): readonly Problem[] {
  const app = apps.length === 0 && refused.length === 0 ? placeName : null;
  return problems.map((problem) => ({
    ...problem,
    app: problem.app ?? app,
    severity: outcome === 'empty' ? 'error' : problem.severity,
  }));
}

/** Whether a definition of this app may stand there that cannot be read: until that is mended nothing of the app ends. */
export function mayBeUnreadable({ apps, refused, unreadable }: Omit<StoredApps, 'problems'>, name: string): boolean {
  if (refused.includes(name)) return true;
  return unreadable.length > 0 && !apps.some(({ definition }) => definition.name === name);
}

/** The first problem of each definition that cannot be read. */
export function unreadableProblems({ refused, unreadable, problems }: StoredApps): readonly Problem[] {
  const named = refused.flatMap(
    (name) => problems.find(({ app, severity }) => app === name && severity === 'error') ?? [],
  );
  return [...new Set([...unreadable, ...named])];
}

/** @returns what is wrong with the definition of this app, or with the first document that may be it */
export function unreadableReason({ problems, unreadable }: StoredApps, name: string): string | null {
  const problem = problems.find(({ app, severity }) => app === name && severity === 'error') ?? unreadable[0];
  return problem === undefined ? null : formatProblem(problem);
}

function repeated(name: string, origin: StoredApp['definition']['origin'], same: readonly StoredApp[]): Problem {
  const places = same.map(({ definition }) => `${definition.origin.location}:${definition.origin.line}`).join(' and ');
  return problemOf({ name, origin }, 'error', `${name}: it is defined in ${places}`, 'keep one of them');
}
