/** Records of slots by themselves: for what stands outside the definitions, and to end leaks. */
import { setTimeout as delay } from 'node:timers/promises';
import { allocateSlot, type Chances, claimSlot } from './allocate.js';
import { freeUnused, slotOf } from './free-unused.js';
import { slotsOfOthers } from './put-plan.js';
import { type Registry, RegistryFailure, type SlotBook, type SlotRecord, type StoredApps } from './registry.js';
import type { SlotRules } from './slot-rules.js';
import { mayBeUnreadable, unreadableReason } from './stored-apps.js';

/** Each lost race means that another writer of this app has won one, or has lost it too. */
const MAX_ATTEMPTS = 20;
/** Between a claim and the second look of the same writer there are two reads: 2 to 10 ms. */
const SETTLE_MS = 50;

/**
 * Records a slot for an app: that of its definition, or `port`, or a free one. Done twice it is done once.
 *
 *   look ──► claim ──► look again: does the app use another slot, or has another writer recorded one?
 *     ▲                          │ yes: take the claim back
 *     └──────────────────────────┘
 *
 * Of two writers of one app at least one sees the other, as long as both look again after they have written.
 * @returns the slot
 * @throws RegistryFailure that names what stands against it
 */
export async function recordSlot(
  registry: Registry,
  app: string,
  port: number | null,
  { rules, chances }: { readonly rules: SlotRules; readonly chances: Chances },
): Promise<number> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const stored = await registry.list();
    const book = await registry.slots.list();
    const used = stored.apps.find(({ definition }) => definition.name === app)?.definition.slot ?? null;
    const recorded = book.slots.filter((slot) => slot.app === app).map((slot) => slot.port);
    const own = used ?? recorded[0] ?? null;
    if (port !== null && own !== null && port !== own)
      throw new RegistryFailure(
        `${app}: its slot is ${own}; ${port} was asked for`,
        'leave the port out to keep its slot',
      );
    if (own === null) refuseUnreadable(stored, app, `${app}: its definition in the registry is invalid`);
    const wanted = port ?? own;
    if (wanted !== null && recorded.includes(wanted)) {
      if (used !== null || (await isSettled(registry, app, wanted))) return wanted;
      continue;
    }
    const others = slotsOfOthers(app, stored, []);
    const claim =
      wanted === null
        ? await allocateSlot(registry.slots, app, rules, chances, book, others)
        : // What is in use is recorded where it is, reserved or not: the check names it.
          await claimSlot(registry.slots, wanted, app, rules, chances, withUsed(book, others), used !== null);
    if (await isOnlySlot(registry, app, claim.port)) return claim.port;
    await freeUnused(registry, app, claim);
  }
  throw new RegistryFailure(`${app}: its slot kept changing`, 'find out who else writes it, and try again');
}

/** @throws RegistryFailure when the definition of this app is there and in error */
function refuseUnreadable(stored: StoredApps, app: string, message: string): void {
  if (stored.refused.includes(app)) throw new RegistryFailure(message, fixFirst(stored, app));
}

function fixFirst(stored: StoredApps, app: string): string {
  const reason = unreadableReason(stored, app);
  return reason === null ? 'fix that first' : `fix that first: ${reason}`;
}

/** The record may be the claim of another writer who is about to look again and to take it back. */
async function isSettled(registry: Registry, app: string, port: number): Promise<boolean> {
  await delay(SETTLE_MS);
  return (await registry.slots.get(port)) === app;
}

/** In a directory that people edit apps may use slots that nobody has recorded. */
function withUsed(book: SlotBook, used: readonly SlotRecord[]): SlotBook {
  return { ...book, slots: [...book.slots, ...used] };
}

async function isOnlySlot(registry: Registry, app: string, port: number): Promise<boolean> {
  const used = await slotOf(registry, app);
  if (used !== null) return used === port;
  const { slots } = await registry.slots.list();
  return slots.every((slot) => slot.app !== app || slot.port === port);
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
  refuseUnreadable(stored, app, `slot ${port} belongs to ${app}, whose definition is invalid`);
  if (mayBeUnreadable(stored, app))
    throw new RegistryFailure(
      `slot ${port} belongs to ${app}, and a document that cannot be read may be the definition of ${app}`,
      fixFirst(stored, app),
    );
  if (stored.apps.some(({ definition }) => definition.name === app && definition.slot === port))
    throw new RegistryFailure(`slot ${port} is in use by ${app}`, `remove the app: autoproxy app rm ${app}`);
  if (!(await freeUnused(registry, app, { port, freedAt: chances.wallTime() })))
    throw new RegistryFailure(`slot ${port} was changed by somebody else meanwhile`, 'look again: autoproxy slot ls');
  return app;
}
