/** The way from the edges to an app, opened when its instances answer, and closed before they end. */
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../core/clock.js';
import { formatDuration } from '../../core/durations.js';
import type { AppDefinition } from '../../model/app-definition.js';
import { appOf } from '../../placement/plan.js';
import { editApp } from '../../registry/edit-app.js';
import { heldText } from '../../registry/way-in-text.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import { withRegistry } from '../registry-options.js';
import type { ApplyOptionValues } from './apply-options.js';
import type { Underway } from './carry-out.js';
import { untilNodesAnswer } from './node-check.js';

/**
 * Opens what is held in the registry, when its instances answer; then, or when it was closed, edges get time to follow
 * before anything is removed.
 * @param isMeant of an app
 */
export async function openHeld(
  isMeant: (app: string) => boolean,
  underway: Underway,
  options: ApplyOptionValues,
  context: CommandContext,
): Promise<void> {
  const stored = await withRegistry(options, context, (registry) => registry.list());
  const held = stored.apps
    .map(({ definition }) => definition)
    .filter((app) => app.image !== null && isMeant(app.name) && heldPodsOf(app).length > 0);
  if (options.nodeCheck) for (const app of held) await untilNodesAnswer(app, heldPodsOf(app), underway);
  // A backend that is there before its routes has servers whose health is known.
  await applyEdge(underway, options, context);
  const hidden = new Set(stored.apps.flatMap(({ definition }) => (definition.edge === null ? [definition.name] : [])));
  // What an app was that is gone is not known.
  const isLess = underway.plan.steps.some((step) => step.kind === 'remove' && !hidden.has(appOf(step)));
  if (held.length > 0 || isLess) await edgeGrace(held, underway, options);
  if (held.length === 0) return;
  await withRegistry(options, context, async (registry) => {
    for (const app of held) {
      const pods = heldPodsOf(app);
      const isWritten = await editApp(registry, app.name, ({ definition, text }) =>
        heldText(
          text,
          (definition.edge?.heldPods ?? []).filter((pod) => !pods.includes(pod)),
        ),
      );
      if (isWritten) underway.say(`${app.name}: gets requests in ${pods.join(', ')}`);
    }
  });
  await applyEdge(underway, options, context);
}

/** Waits until edges and balancers have followed, or have checked the servers of these apps. */
export async function edgeGrace(
  apps: readonly AppDefinition[],
  { signal, say, until }: Underway,
  { edgeGrace: graceMs }: ApplyOptionValues,
): Promise<void> {
  const checkMs = apps.map(({ settings: { health } }) => (health.rise + 1) * health.intervalMs);
  const waitMs = graceMs === 0 ? 0 : Math.max(graceMs, ...checkMs);
  if (waitMs === 0) return;
  if (systemClock.now() + waitMs > until) {
    const hint = 'the next apply goes on; give it a longer --timeout, or a shorter --edge-grace';
    throw new CommandFailure('the time is over before the edges can follow', hint, EXIT_CODES.deadline);
  }
  say(`edges and load balancers get ${formatDuration(waitMs)} to follow`);
  await delay(waitMs, undefined, { signal });
}

/** With `--site` alone. */
export async function applyEdge(
  { say }: Pick<Underway, 'say'>,
  { site, ...options }: ApplyOptionValues,
  context: CommandContext,
): Promise<void> {
  if (site === undefined) return;
  const { applyEdgeOnce, exitCodeOf, outcomeText } = await import('../edge/apply-once.js');
  const applied = await applyEdgeOnce({ ...options, site }, context);
  const { problems } = applied;
  for (const { message, severity } of problems)
    if (severity === 'error') context.terminal.warn(`autoproxy: ${message}`);
  const code = exitCodeOf(applied);
  if (code !== EXIT_CODES.done)
    throw new CommandFailure(`edge: ${outcomeText(applied)}`, 'autoproxy edge check names the fault', code);
  say(`edge: ${outcomeText(applied)}`);
}

function heldPodsOf({ pods, edge }: AppDefinition): readonly string[] {
  return edge === null ? [] : pods.filter((pod) => edge.heldPods.includes(pod));
}
