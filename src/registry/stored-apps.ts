/** From documents to the apps of a registry. Pure. */
import type { AppDefinitionDocument } from '../documents/app-definition-document.js';
import type { Problem } from '../model/problem.js';
import type { StoredApp, StoredApps } from './registry.js';

export interface ReadDocument {
  readonly document: AppDefinitionDocument;
  versionOf(text: string): string;
}

/** An app that two documents define is none: which of them counts would depend on their order. */
export function storedFromDocuments(documents: Iterable<ReadDocument>): StoredApps {
  const byName = new Map<string, StoredApp[]>();
  const refused = new Set<string>();
  const problems: Problem[] = [];
  for (const { document, versionOf } of documents) {
    problems.push(...document.problems);
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
  const apps = [...byName.values()]
    .flatMap((same) => (same.length === 1 ? same : []))
    .sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  return { apps: apps.filter(({ definition }) => !refused.has(definition.name)), refused: [...refused], problems };
}

function repeated(name: string, origin: StoredApp['definition']['origin'], same: readonly StoredApp[]): Problem {
  const places = same.map(({ definition }) => `${definition.origin.location}:${definition.origin.line}`).join(' and ');
  const { location, line, col } = origin;
  const message = `${name}: it is defined in ${places}`;
  return { severity: 'error', app: name, file: location, line, col, message, hint: 'keep one of them' };
}
