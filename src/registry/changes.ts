/** What a change of a definition changes, in the words of the document. Pure. */

import { plainFromDefinition } from '../documents/app-definition-text.js';
import type { Plain } from '../documents/plain.js';
import type { AppDefinition } from '../model/app-definition.js';
import { escapeText } from '../model/problem.js';

export interface Change {
  /** `image`, `edge.routes[0].host`, `env.LOG_LEVEL`. */
  readonly key: string;
  /** null: was not there; of an environment `(not shown)`. */
  readonly before: string | null;
  /** null: is not there any more. */
  readonly after: string | null;
}

/** @param before null: the app is new */
export function changesBetween(before: AppDefinition | null, after: AppDefinition | null): readonly Change[] {
  const old = before === null ? new Map<string, string>() : leavesOf(plainFromDefinition(before));
  const now = after === null ? new Map<string, string>() : leavesOf(plainFromDefinition(after));
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((key) => ({ key, before: old.get(key) ?? null, after: now.get(key) ?? null }))
    .filter((change) => change.before !== change.after)
    .map((change) => (isOfEnvironment(change.key) ? withoutValues(change) : change));
}

/** Values of an environment may be secrets: so a change shows names alone, in a log of CI too. */
const NOT_SHOWN = '(not shown)';

function isOfEnvironment(key: string): boolean {
  return key.startsWith('env.');
}

function withoutValues({ key, before, after }: Change): Change {
  return { key, before: before === null ? null : NOT_SHOWN, after: after === null ? null : NOT_SHOWN };
}

/** `+ slot: 21034`, `- env.DEBUG`, `~ image: shop:1 → shop:2`; safe to print. */
export function formatChange({ key, before, after }: Change): string {
  const sign = before === null ? '+' : after === null ? '-' : '~';
  if (isOfEnvironment(key)) return `${sign} ${escapeText(key)}`;
  const [shownBefore, shownAfter] = [before, after].map((value) => (value === null ? '' : escapeText(value)));
  if (before === null) return `+ ${escapeText(key)}: ${shownAfter}`;
  if (after === null) return `- ${escapeText(key)}: ${shownBefore}`;
  return `~ ${escapeText(key)}: ${shownBefore} → ${shownAfter}`;
}

/** Lists of plain values are one value: of `pods` people want to see all. */
function leavesOf(value: Plain, key = '', leaves = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object') leaves.set(key, String(value));
  else if (Array.isArray(value)) {
    const list: readonly Plain[] = value;
    if (list.every((item) => typeof item !== 'object')) leaves.set(key, `[${list.join(', ')}]`);
    else for (const [index, item] of list.entries()) leavesOf(item, `${key}[${index}]`, leaves);
  } else {
    for (const [name, inner] of Object.entries(value)) leavesOf(inner, key === '' ? name : `${key}.${name}`, leaves);
  }
  return leaves;
}
