/** The versions of an app, from the history of the registry to the tasks that they make. */
import { isRefusal } from '../../core/refusal.js';
import { parseAppDefinitions } from '../../documents/app-definition-document.js';
import type { AppDefinition } from '../../model/app-definition.js';
import { engineSpec, templateOf } from '../../placement/engine-spec.js';
import { isSameTemplate } from '../../placement/spec-differences.js';
import type { NumberOf } from '../../placement/task-failures.js';
import { wantedServices } from '../../placement/wanted-services.js';
import type { HistoryEntry, Registry, StoredApp } from '../../registry/registry.js';
import { mayBeUnreadable } from '../../registry/stored-apps.js';
import { storedApp } from '../app/stored-app.js';

export interface KnownApp {
  /** null: it was removed. */
  readonly stored: StoredApp | null;
  /** The oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** @throws CommandFailure for an app that the registry neither has nor had, or whose definition is invalid */
export async function knownApp(registry: Registry, name: string): Promise<KnownApp> {
  const history = await registry.history(name);
  const all = await registry.list();
  const stored = all.apps.find(({ definition }) => definition.name === name) ?? null;
  if (stored !== null || (history.length > 0 && !mayBeUnreadable(all, name))) return { stored, history };
  return { stored: await storedApp(registry, name), history };
}

/** @returns null for a removal, for a document that was too large to be kept, and for one that is invalid by now */
export function definitionOf({ number, text }: HistoryEntry): AppDefinition | null {
  if (text === null) return null;
  const { apps } = parseAppDefinitions(text, `version ${number}`, 'registry');
  return apps[0]?.definition ?? null;
}

/** Tells tasks which version made them. */
export function numbersFrom(history: readonly HistoryEntry[]): NumberOf {
  const newestFirst = history.toReversed().map((entry) => ({ ...entry, templates: templatesOf(entry) }));
  return (service, template, before = Number.POSITIVE_INFINITY) => {
    const made = newestFirst.filter(({ templates }) => {
      const own = templates.get(service);
      return own !== undefined && isSameTemplate(own, template);
    });
    // Where the clocks of the writer and of the manager differ, a task may be older than its version.
    return (made.find(({ at }) => at <= before) ?? made.at(-1))?.number ?? null;
  };
}

/** Name of a service → what its tasks are made by. */
function templatesOf(entry: HistoryEntry): ReadonlyMap<string, object> {
  const definition = definitionOf(entry);
  const wanted = definition === null ? null : wantedServices(definition);
  if (wanted === null || isRefusal(wanted)) return new Map();
  return new Map(wanted.services.map((service) => [service.name, templateOf(engineSpec(service))]));
}
