/** Slots come before the services of an app, and go before them: what is in quarantine is given to no other app. */
import type { ReadDefinition } from '../../documents/app-definition-document.js';
import { parseAppDefinitions } from '../../documents/app-definition-document.js';
import type { AppDefinition } from '../../model/app-definition.js';
import { appOf } from '../../placement/plan.js';
import { freeUnused } from '../../registry/free-unused.js';
import { putApps } from '../../registry/put-app.js';
import type { Registry } from '../../registry/registry.js';
import { mayBeUnreadable } from '../../registry/stored-apps.js';
import { heldText, podsToHold } from '../../registry/way-in-text.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure } from '../exit-codes.js';
import { putRulesFrom, type RegistryOptionValues, systemChances, withRegistry } from '../registry-options.js';
import type { Underway } from './carry-out.js';

/**
 * @param previous what the registry holds; null: the app is new
 * @returns the document, and pods that get no requests before their instances answer
 * @throws CommandFailure for a document that is written in a way that it can't be told so
 */
export function withHold(wanted: ReadDefinition, previous: AppDefinition | null): ReadDefinition {
  const { name, origin } = wanted.definition;
  const pods = podsToHold(previous, wanted.definition);
  const text = heldText(wanted.text, pods);
  if (text === wanted.text) return wanted;
  const [read] = parseAppDefinitions(text, origin.location, origin.source).apps;
  const edge = read?.definition.edge ?? null;
  if (edge?.heldPods.join() === pods.join()) return { text, definition: { ...wanted.definition, edge } };
  throw new CommandFailure(
    `${name}: "hold: [${pods.join(', ')}]" can't be written below its key edge`,
    'write edge as a map of its own, without an alias',
  );
}

/** Apps without a slot are new: each gets one, and no requests yet. */
export async function giveSlots(
  { say }: Pick<Underway, 'say'>,
  options: RegistryOptionValues,
  context: CommandContext,
): Promise<void> {
  await withRegistry(options, context, async (registry) => {
    const { apps } = await registry.list();
    const fresh = apps.filter(({ definition }) => definition.slot === null).map((app) => withHold(app, null));
    const outcomes = await putApps(registry, fresh, putRulesFrom({}, context), false);
    for (const { app, slot } of outcomes) say(`${app}: slot ${slot}`);
  });
}

/** The slots of apps that are gone and whose services this plan removes. */
export async function freeSlots(
  { plan, say }: Pick<Underway, 'plan' | 'say'>,
  options: RegistryOptionValues,
  context: CommandContext,
): Promise<void> {
  const ending = plan.steps.filter(({ kind }) => kind === 'remove').map(appOf);
  if (ending.length === 0) return;
  await withRegistry(options, context, async (registry) => {
    const stored = await registry.list();
    const there = new Set(stored.apps.map(({ definition }) => definition.name));
    for (const app of new Set(ending))
      if (!there.has(app) && !mayBeUnreadable(stored, app))
        for (const port of await freeRecords(registry, app)) say(`${app}: slot ${port} goes into quarantine`);
  });
}

/** @returns the slots that were recorded for this app, which has no definition */
export async function freeRecords(registry: Registry, name: string): Promise<readonly number[]> {
  const { slots } = await registry.slots.list();
  const freed: number[] = [];
  for (const { port, app } of slots)
    if (app === name && (await freeUnused(registry, name, { port, freedAt: systemChances.wallTime() })))
      freed.push(port);
  return freed;
}
