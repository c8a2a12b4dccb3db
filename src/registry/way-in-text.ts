/** The words of a document about its way in, changed as it stands there: comments stay, and what was JSON stays JSON. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isNode, parseDocument, visit } from 'yaml';
import type { AppDefinition } from '../model/app-definition.js';
import { openPods } from '../model/open-pods.js';

/**
 * @param previous what the registry holds; null: the app is new
 * @returns pods that get requests by `wanted` and did not by `previous`, and those that `wanted` holds itself; sorted
 */
export function podsToHold(previous: AppDefinition | null, wanted: AppDefinition): readonly string[] {
  const before = previous === null ? [] : openPods(previous);
  const coming = openPods(wanted).filter((pod) => !before.includes(pod));
  return [...new Set([...coming, ...(wanted.edge?.heldPods ?? [])])].sort();
}

/** @param pods all that are held then */
export function heldText(text: string, pods: readonly string[]): string {
  return withKey(text, 'hold', pods.length === 0 ? undefined : pods);
}

export function closedText(text: string): string {
  return withKey(text, 'closed', true);
}

/** @param value undefined: the key goes. */
function withKey(text: string, key: string, value: readonly string[] | boolean | undefined): string {
  const document = parseDocument(text.replace(/^---(?=\s)/, ''), { version: '1.2' });
  const edge = document.get('edge', true);
  if (document.errors.length > 0 || !isMap(edge) || isDeepStrictEqual(plainOf(edge.get(key, true)), value)) return text;
  if (value === undefined) document.deleteIn(['edge', key]);
  else edge.set(document.createNode(key), document.createNode(value, { flow: true }));
  if (text.trimStart().startsWith('{')) quoteAsJson(document);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function plainOf(node: unknown): unknown {
  return isNode(node) ? node.toJSON() : node;
}

function quoteAsJson(document: Document): void {
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string') node.type = 'QUOTE_DOUBLE';
    },
  });
}
