/** Apps whose definitions cannot be read now, as their histories have them last: what they had is not free. */
import { parseAppDefinitions } from '../documents/app-definition-document.js';
import { isAppName } from '../documents/definition-keys.js';
import type { AppDefinition } from '../model/app-definition.js';
import type { Registry, SlotBook, StoredApps } from './registry.js';
import { mayBeUnreadable } from './stored-apps.js';

/** An app that nobody wrote by a command has no history, and is not among them. */
export async function hiddenApps(
  registry: Registry,
  stored: StoredApps,
  { slots }: SlotBook,
): Promise<readonly AppDefinition[]> {
  const hidden: AppDefinition[] = [];
  // A document that says no name hides apps that have slots.
  for (const name of new Set([...stored.refused, ...slots.map(({ app }) => app)])) {
    if (!isAppName(name) || !mayBeUnreadable(stored, name)) continue;
    const last = (await registry.history(name)).at(-1);
    if (last?.text == null) continue;
    const { apps } = parseAppDefinitions(last.text, `version ${last.number} of ${name}`, 'registry');
    hidden.push(...apps.map(({ definition }) => definition));
  }
  return hidden;
}
