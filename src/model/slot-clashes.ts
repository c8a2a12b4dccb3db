/**
 * Which apps may have their slots: the one rule of the node, the edge and the registry, so that what was written past
 * `app put` does not lead the requests of one app to another. Pure.
 */
import type { Origin } from './app.js';
import { type Problem, placeOf, problemOf } from './problem.js';

/** An app as this rule sees it. */
interface SlotUser {
  readonly name: string;
  readonly slot: number;
  readonly origin: Origin;
}

interface ClearedSlots<T extends SlotUser> {
  /** Sorted by name; no two of them want the same port. */
  readonly apps: readonly T[];
  readonly problems: readonly Problem[];
}

/** Who has a port: an app, or null for the node itself. */
type Holder = SlotUser | null;

/** An app has its slot and, for its health, the port after it: two slots clash when they are equal or side by side. */
export function slotsClash(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1;
}

/**
 * Refuses slots that clash. Who has a port keeps it: first come the apps that stay where they are, then those that move,
 * then the new ones, in the order of their places (location, line). An app that may not move stays on its old slot with
 * everything else of its new text, also against one that wanted to follow it there; a new one is left out.
 * @param previous names and slots of the apps in force, as this function last returned them
 * @param reservedPorts ports that the node needs itself, such as that of the admin API
 */
export function refuseClashes<T extends SlotUser>(
  apps: readonly T[],
  previous: readonly Pick<SlotUser, 'name' | 'slot'>[],
  reservedPorts: readonly number[],
): ClearedSlots<T> {
  const oldSlots = new Map(previous.map(({ name, slot }) => [name, slot]));
  const inOrder = [...apps].sort(comparePlaces);
  const moving = inOrder.filter(({ name, slot }) => (oldSlots.get(name) ?? slot) !== slot);
  const stopped = new Map<T, Clash>();
  // Each round finds one more app that may not move, and with it a slot that does not become free: it ends.
  for (;;) {
    const holders = new Map<number, Holder>(reservedPorts.map((port) => [port, null]));
    const accepted: T[] = [];
    const problems: Problem[] = [];
    const claimOrRefuse = (app: T): void => {
      const clash = findClash(app.slot, holders);
      if (clash === null) accepted.push(claimed(app, holders));
      else problems.push(clashProblem(app, clash, null));
    };

    for (const app of inOrder) {
      const oldSlot = oldSlots.get(app.name);
      const reason = stopped.get(app);
      if (oldSlot === app.slot) claimOrRefuse(app);
      else if (oldSlot !== undefined && reason !== undefined) {
        if (findClash(oldSlot, holders) === null) {
          accepted.push(claimed({ ...app, slot: oldSlot }, holders));
          problems.push(clashProblem(app, reason, oldSlot));
        } else problems.push(clashProblem(app, reason, null));
      }
    }
    const next = claimMoves(moving, stopped, holders, accepted);
    if (next !== null) {
      stopped.set(next.app, next.clash);
      continue;
    }
    for (const app of inOrder) if (!oldSlots.has(app.name)) claimOrRefuse(app);
    return { apps: accepted.sort(compareNames), problems };
  }
}

/** @returns the first app that may not move, or null when all have their new slots. */
function claimMoves<T extends SlotUser>(
  moving: readonly T[],
  stopped: ReadonlyMap<T, Clash>,
  holders: Map<number, Holder>,
  accepted: T[],
): { readonly app: T; readonly clash: Clash } | null {
  for (const app of moving) {
    if (stopped.has(app)) continue;
    const clash = findClash(app.slot, holders);
    if (clash !== null) return { app, clash };
    accepted.push(claimed(app, holders));
  }
  return null;
}

/** By code units, so that the order is the same in every locale. */
function compareNames(a: SlotUser, b: SlotUser): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The order in which what clashes is told apart: by location, line, then name. */
export function comparePlaces(a: SlotUser, b: SlotUser): number {
  if (a.origin.location !== b.origin.location) return a.origin.location < b.origin.location ? -1 : 1;
  return (a.origin.line ?? 0) - (b.origin.line ?? 0) || compareNames(a, b);
}

interface Clash {
  readonly port: number;
  readonly holder: Holder;
}

function findClash(slot: number, holders: ReadonlyMap<number, Holder>): Clash | null {
  for (const port of [slot, slot + 1]) {
    const holder = holders.get(port);
    if (holder !== undefined) return { port, holder };
  }
  return null;
}

function claimed<T extends SlotUser>(app: T, holders: Map<number, Holder>): T {
  holders.set(app.slot, app);
  holders.set(app.slot + 1, app);
  return app;
}

function clashProblem(app: SlotUser, { port, holder }: Clash, keptSlot: number | null): Problem {
  const what = port === app.slot ? `its slot ${port}` : `its health port ${port} (slot + 1)`;
  const consequence = keptSlot === null ? 'it is not served' : `it stays on slot ${keptSlot}`;
  const message = `${app.name}: ${what} is ${useOf(port, holder)}; ${consequence}`;
  return problemOf(app, 'error', message, 'give it a slot that is free, and the port after it too');
}

function useOf(port: number, holder: Holder): string {
  if (holder === null) return 'used by this node itself';
  return `the ${holder.slot === port ? 'slot' : 'health port'} of ${holder.name} (${placeOf(holder.origin)})`;
}
