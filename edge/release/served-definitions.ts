/** The file of a release that holds the definitions of its apps: if one is at fault later, it serves on as it stands here. */
import { parse } from 'yaml';
import { parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import type { AppDefinition } from '../../src/model/app-definition.js';
import type { Release } from './release.js';

export const DEFINITIONS_FILE = 'apps.json';

/** Keys that the edge does not read. */
const LEFT_OUT = ['env', 'image', 'num_instances', 'placement'];

/** Name of an app → the keys of its document. */
export type ServedDefinitions = ReadonlyMap<string, unknown>;

/** @param text a document that was read without an error */
export function servedDefinition(text: string): unknown {
  const keys = parse(text) as object;
  return Object.fromEntries(Object.entries(keys).filter(([key]) => !LEFT_OUT.includes(key)));
}

export function definitionsText(served: ServedDefinitions): string {
  return `${JSON.stringify(Object.fromEntries([...served].sort(([one], [other]) => (one < other ? -1 : 1))))}\n`;
}

export function definitionsOf(release: Release | null): ServedDefinitions {
  const text = release?.files.get(DEFINITIONS_FILE);
  return new Map(text === undefined ? [] : Object.entries<unknown>(JSON.parse(text)));
}

/** Read as any other: an earlier version of this program may have written it. @returns null when it is at fault by now */
export function definitionFrom(keys: unknown): AppDefinition | null {
  const { apps, refused } = parseAppDefinitions(JSON.stringify(keys), DEFINITIONS_FILE, 'release');
  return refused.length > 0 ? null : (apps[0]?.definition ?? null);
}
