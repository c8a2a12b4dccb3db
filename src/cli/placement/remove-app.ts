/** `app rm --apply`: the app is closed first, then its services go, then its definition and its slot. */

import { editApp } from '../../registry/edit-app.js';
import { removeApp } from '../../registry/put-app.js';
import type { StoredApp } from '../../registry/registry.js';
import { mayBeUnreadable } from '../../registry/stored-apps.js';
import { closedText } from '../../registry/way-in-text.js';
import { storedApp } from '../app/stored-app.js';
import { authorFrom } from '../author.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure } from '../exit-codes.js';
import { systemChances, withRegistry } from '../registry-options.js';
import type { ApplyOptionValues } from './apply-options.js';
import { carryOut, type Underway } from './carry-out.js';
import { plannedFor, type WantedPlacement } from './planned.js';
import { freeRecords } from './slot-stages.js';
import { applyEdge, edgeGrace } from './way-in.js';

interface RemoveOptions extends ApplyOptionValues {
  readonly json?: true;
}

/** All services of this app, and nothing else. */
function withoutApp(name: string): WantedPlacement {
  const nothing = { services: [], warnings: [], refusals: [], gone: new Map() };
  return { ...nothing, apps: [name], isLookedAt: (app) => app === name, isWhole: false };
}

/**
 * @returns the slots that went into quarantine; null: it is not done, and the verdict was told
 * @throws CommandFailure
 */
export async function removeAndApply(
  name: string,
  options: RemoveOptions,
  context: CommandContext,
): Promise<readonly number[] | null> {
  const stored = await storedOrLeft(name, options, context);
  const stages = {
    begin: (underway: Underway) => close(name, stored, underway, options, context),
    open: async () => {},
  };
  if (!(await carryOut(withoutApp(name), stages, options, context, 'the same command'))) return null;
  const freed = await withRegistry(options, context, async (registry) => {
    const slot =
      (await removeApp(registry, name, { chances: systemChances, author: authorFrom(context.env), isDryRun: false }))
        ?.definition.slot ?? null;
    return [...(slot === null ? [] : [slot]), ...(await freeRecords(registry, name))];
  });
  await applyEdge({ say: (line) => context.terminal.warn(line) }, options, context);
  return freed;
}

/** @returns null: an earlier removal was cut short behind the definition */
async function storedOrLeft(name: string, options: RemoveOptions, context: CommandContext): Promise<StoredApp | null> {
  return withRegistry(options, context, async (registry) => {
    try {
      return await storedApp(registry, name);
    } catch (error) {
      if (!(error instanceof CommandFailure) || mayBeUnreadable(await registry.list(), name)) throw error;
      const { slots } = await registry.slots.list();
      if (slots.some(({ app }) => app === name)) return null;
      const { plan } = await plannedFor(withoutApp(name), options, context);
      if (plan.steps.length === 0) throw error;
      return null;
    }
  });
}

async function close(
  name: string,
  stored: StoredApp | null,
  underway: Underway,
  options: RemoveOptions,
  context: CommandContext,
): Promise<void> {
  if (stored === null || stored.definition.edge === null) return;
  await withRegistry(options, context, (registry) => editApp(registry, name, ({ text }) => closedText(text)));
  underway.say(`${name}: gets no requests any more`);
  await applyEdge(underway, options, context);
  await edgeGrace([], underway, options);
}
