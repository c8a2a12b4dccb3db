/** `app put --apply`: slot, services and route of an app, in the order in which no client gets a 503. */
import type { ReadDefinition } from '../../documents/app-definition-document.js';
import { type PutOutcome, type PutRules, putApps } from '../../registry/put-app.js';
import { showOutcomes } from '../app/outcome-text.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES } from '../exit-codes.js';
import { withRegistry } from '../registry-options.js';
import { printLines } from '../terminal.js';
import type { ApplyOptionValues } from './apply-options.js';
import { carryOut } from './carry-out.js';
import { planLines } from './plan-text.js';
import { placementOfApps, plannedFor } from './planned.js';
import { withHold } from './slot-stages.js';
import { openHeld } from './way-in.js';

interface PutOptions extends ApplyOptionValues {
  readonly dryRun?: true;
  readonly json?: true;
}

/**
 * @param more stands in the document for programs too
 * @throws CommandFailure before anything is written, when registry or Swarm stand against it
 */
export async function putAndApply(
  wanted: readonly ReadDefinition[],
  rules: PutRules,
  options: PutOptions,
  context: CommandContext,
  more: object = {},
): Promise<void> {
  const { held, judged } = await withRegistry(options, context, async (registry) => {
    const { apps } = await registry.list();
    const previous = new Map(apps.map(({ definition }) => [definition.name, definition]));
    const held = wanted.map((one) => withHold(one, previous.get(one.definition.name) ?? null));
    return { held, judged: await putApps(registry, held, rules, true) };
  });
  const placement = placementOfApps(held.map(({ definition }) => definition));
  if (options.dryRun) {
    const { plan, against, warnings } = await plannedFor(placement, options, context);
    showOutcomes(judged, options, context, more);
    const { terminal, finish } = context;
    if (!options.json) printLines(terminal, planLines(plan));
    for (const line of [...warnings, ...against]) terminal.warn(`autoproxy: ${line}`);
    if (against.length > 0) finish(EXIT_CODES.failed);
    else if (plan.steps.some(({ kind }) => kind !== 'keep')) finish(EXIT_CODES.different);
    return;
  }
  const names = new Set(wanted.map(({ definition }) => definition.name));
  let written: readonly PutOutcome[] = [];
  await carryOut(
    placement,
    {
      begin: async () => {
        written = await withRegistry(options, context, (registry) => putApps(registry, held, rules, false));
        if (!options.json) showOutcomes(written, options, context);
      },
      open: (underway) => openHeld((app) => names.has(app), underway, options, context),
    },
    options,
    context,
    'the same command',
  );
  // Also of a version that was rolled back: it stands in the registry, and the exit code says the rest.
  if (options.json) showOutcomes(written, options, context, more);
}
