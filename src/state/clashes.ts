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
 * everything else of its new text; a new one is left out.
 * @param previous the apps in force, as this function last returned them
 * @param reservedPorts ports that the node needs itself, such as that of the admin API
 */
export function refuseClashes(
  apps: readonly App[],
  previous: readonly App[],
  reservedPorts: readonly number[],
): ClearedState {
  const holders = new Map<number, Holder>(reservedPorts.map((port) => [port, null]));
  const oldSlots = new Map(previous.map(({ name, slot }) => [name, slot]));
  const accepted: App[] = [];
  const problems: Problem[] = [];

  for (const app of inOrderOfRight(apps, oldSlots)) {
    const clash = findClash(app.slot, holders);
    const oldSlot = oldSlots.get(app.name);
    if (clash === null) {
      accepted.push(claimed(app, holders));
    } else if (oldSlot !== undefined && oldSlot !== app.slot && findClash(oldSlot, holders) === null) {
      accepted.push(claimed({ ...app, slot: oldSlot }, holders));
      problems.push(clashProblem(app, clash, oldSlot));
    } else {
      problems.push(clashProblem(app, clash, null));
    }
  }
  return { apps: accepted.sort(compareNames), problems };
}

function inOrderOfRight(apps: readonly App[], oldSlots: ReadonlyMap<string, number>): App[] {
  const rankOf = ({ name, slot }: App): number => {
    const oldSlot = oldSlots.get(name);
    if (oldSlot === undefined) return 2;
    return oldSlot === slot ? 0 : 1;
  };
  return [...apps].sort((a, b) => rankOf(a) - rankOf(b) || comparePlaces(a, b));
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
