import type { App } from '../model/app.js';
import type { Problem } from '../model/problem.js';
import { compareNames, placeOf } from './merge.js';

export interface ClearedState {
  /** Sorted by name; no two of them want the same port. */
  readonly apps: readonly App[];
  readonly problems: readonly Problem[];
}

/** Who has a port: an app, or null for the node itself. */
type Holder = App | null;

/**
 * Refuses slots that clash. An app needs two ports, its slot N and its health port N + 1, so N clashes with N and with
 * both of its neighbors. Who has a port keeps it: first come the apps that stay where they are, then those that move,
 * then the new ones, in the order of their places (location, line). An app that may not move stays on its old slot with
 * everything else of its new text, also against one that wanted to follow it there; a new one is left out.
 * @param previous the apps in force, as this function last returned them
 * @param reservedPorts ports that the node needs itself, such as that of the admin API
 */
export function refuseClashes(
  apps: readonly App[],
  previous: readonly App[],
  reservedPorts: readonly number[],
): ClearedState {
  const oldSlots = new Map(previous.map(({ name, slot }) => [name, slot]));
  const inOrder = [...apps].sort(comparePlaces);
  const moving = inOrder.filter(({ name, slot }) => (oldSlots.get(name) ?? slot) !== slot);
  const stopped = new Map<App, Clash>();
  // Each round finds one more app that may not move, and with it a slot that does not become free: it ends.
  for (;;) {
    const holders = new Map<number, Holder>(reservedPorts.map((port) => [port, null]));
    const accepted: App[] = [];
    const problems: Problem[] = [];
    const claimOrRefuse = (app: App): void => {
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
function claimMoves(
  moving: readonly App[],
  stopped: ReadonlyMap<App, Clash>,
  holders: Map<number, Holder>,
  accepted: App[],
): { readonly app: App; readonly clash: Clash } | null {
  for (const app of moving) {
    if (stopped.has(app)) continue;
    const clash = findClash(app.slot, holders);
    if (clash !== null) return { app, clash };
    accepted.push(claimed(app, holders));
  }
  return null;
}

function comparePlaces(a: App, b: App): number {
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

function claimed(app: App, holders: Map<number, Holder>): App {
  holders.set(app.slot, app);
  holders.set(app.slot + 1, app);
  return app;
}

function clashProblem(app: App, { port, holder }: Clash, keptSlot: number | null): Problem {
  const { location, line, col } = app.origin;
  const what = port === app.slot ? `its slot ${port}` : `its health port ${port} (slot + 1)`;
  const consequence = keptSlot === null ? 'it is not served' : `it stays on slot ${keptSlot}`;
  return {
    severity: 'error',
    app: app.name,
    file: location,
    line,
    col,
    message: `${app.name}: ${what} is ${useOf(port, holder)}; ${consequence}`,
    hint: 'give it a slot that is free, and the port after it too',
  };
}

function useOf(port: number, holder: Holder): string {
  if (holder === null) return 'used by this node itself';
  return `the ${holder.slot === port ? 'slot' : 'health port'} of ${holder.name} (${placeOf(holder)})`;
}
