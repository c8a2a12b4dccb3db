/** Records of slots by themselves: for what stands outside the definitions, and to end leaks. */
import { allocateSlot, type Chances, claimSlot } from './allocate.js';
import { slotsOfOthers } from './put-plan.js';
import { type Registry, RegistryFailure } from './registry.js';
import type { SlotRules } from './slot-rules.js';

/**
 * Records a slot for an app: that of its definition, or `port`, or a free one. Done twice it is done once.
 * @returns the slot
 * @throws RegistryFailure that names what stands against it
 */
export async function recordSlot(
  registry: Registry,
  app: string,
  port: number | null,
  { rules, chances }: { readonly rules: SlotRules; readonly chances: Chances },
): Promise<number> {
  const stored = await registry.list();
  const book = await registry.slots.list();
  const used = stored.apps.find(({ definition }) => definition.name === app)?.definition.slot ?? null;
  const recorded = book.slots.find((slot) => slot.app === app)?.port ?? null;
  const own = used ?? recorded;
  if (port !== null && own !== null && port !== own)
    throw new RegistryFailure(
      `${app}: its slot is ${own}; ${port} was asked for`,
      'leave the port out to keep its slot',
    );
  const wanted = port ?? own;
  const others = slotsOfOthers(app, stored, []);
  if (wanted === null) return (await allocateSlot(registry.slots, app, rules, chances, book, others)).port;
  // What is in use is recorded where it is, reserved or not: the check names it.
  if (wanted !== recorded) await claimSlot(registry.slots, wanted, app, rules, chances, book, used !== null);
  return wanted;
}

/**
 * Ends the record of a slot that no app uses; the quarantine begins.
 * @returns the app that had it
 * @throws RegistryFailure when an app uses it, or may
 */
export async function freeSlot(registry: Registry, port: number, chances: Chances): Promise<string> {
  const app = await registry.slots.get(port);
  if (app === null) throw new RegistryFailure(`slot ${port} is not taken`, 'autoproxy slot ls lists the taken slots');
  const stored = await registry.list();
  if (stored.refused.includes(app))
    throw new RegistryFailure(`slot ${port} belongs to ${app}, whose definition is invalid`, 'fix that first');
  if (stored.apps.some(({ definition }) => definition.name === app && definition.slot === port))
    throw new RegistryFailure(`slot ${port} is in use by ${app}`, `remove the app: autoproxy app rm ${app}`);
  if (!(await registry.slots.free(port, app, chances.wallTime())))
    throw new RegistryFailure(`slot ${port} was changed by somebody else meanwhile`, 'look again: autoproxy slot ls');
  return app;
}
