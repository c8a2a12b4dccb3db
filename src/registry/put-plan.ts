/** What a put will do, judged against what the registry holds. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { plainFromDefinition } from '../documents/app-definition-text.js';
import type { AppDefinition } from '../model/app-definition.js';
import { formatProblem, placeOf } from '../model/problem.js';
import { findRouteClashes } from '../model/route-clashes.js';
import { describeRoute } from '../model/route-key.js';
import type { Chances } from './allocate.js';
import { type Change, changesBetween } from './changes.js';
import { RegistryFailure, type SlotBook, type SlotRecord, type StoredApp, type StoredApps } from './registry.js';
import { obstaclesOf, type SlotRules } from './slot-rules.js';
import { mayBeUnreadable, unreadableProblems, unreadableReason } from './stored-apps.js';

export interface PlanOptions {
  readonly rules: SlotRules;
  readonly chances: Chances;
  /** A slot may become another one, a new one where none is written; else it is given once and for ever. */
  readonly canMoveSlot: boolean;
  /** The slot may lie where kernels take ports from: apps of the old system come with theirs. */
  readonly keepsSlot: boolean;
  /** Others that are to be written with it: they count as if they were there. */
  readonly alongside: readonly AppDefinition[];
}

/** What the registry holds at one moment. */
export interface RegistryContents {
  readonly stored: StoredApps;
  /** Of apps whose definitions cannot be read: what is known of them. */
  readonly hidden: readonly AppDefinition[];
  readonly book: SlotBook;
}

export interface PutPlan {
  /** With its slot, when that is known. */
  readonly definition: AppDefinition;
  readonly previous: StoredApp | null;
  readonly kind: 'created' | 'changed' | 'unchanged';
  readonly changes: readonly Change[];
  /** The slot is recorded for the app already. */
  readonly isRecorded: boolean;
  /** Why definitions cannot be read: whether the app has a route of theirs is not known for sure. */
  readonly unchecked: readonly string[];
}

/** @throws RegistryFailure that names what stands against it */
export function planPut(wanted: AppDefinition, contents: RegistryContents, options: PlanOptions): PutPlan {
  const { stored, book } = contents;
  const { name } = wanted;
  refuseUnreadable(name, stored, book);
  refuseHiddenRoutes(wanted, contents, options);
  const previous = stored.apps.find(({ definition }) => definition.name === name) ?? null;
  judge(wanted, previous, stored, options);
  const slot = slotFor(wanted, previous, book, options);
  if (slot !== null) judgeSlot(name, slot, stored, book, options);
  const definition = { ...wanted, slot };
  const isSame = previous !== null && isSameDefinition(previous.definition, definition);
  return {
    definition,
    previous,
    kind: previous === null ? 'created' : isSame ? 'unchanged' : 'changed',
    changes: isSame ? [] : changesBetween(previous?.definition ?? null, definition),
    isRecorded: slot !== null && book.slots.some(({ port, app }) => port === slot && app === name),
    unchecked: wanted.edge === null ? [] : unreadableProblems(stored).map(formatProblem),
  };
}

export function isSameDefinition(a: AppDefinition, b: AppDefinition): boolean {
  return isDeepStrictEqual(plainFromDefinition(a), plainFromDefinition(b));
}

function refuseUnreadable(name: string, stored: StoredApps, book: SlotBook): void {
  const reason = unreadableReason(stored, name);
  const hint = reason === null ? 'fix or remove it first' : `fix or remove it first: ${reason}`;
  if (stored.refused.includes(name))
    throw new RegistryFailure(`${name}: its present definition in the registry is invalid`, hint);
  // An app with a slot was there before; a second definition beside the one that is mended would be none of the two.
  if (mayBeUnreadable(stored, name) && book.slots.some(({ app }) => app === name))
    throw new RegistryFailure(`${name} has a slot, and a document that cannot be read may be its definition`, hint);
}

/** @throws RegistryFailure for a route that an app had last whose definition cannot be read now */
function refuseHiddenRoutes(
  wanted: AppDefinition,
  { stored, hidden }: RegistryContents,
  { alongside }: PlanOptions,
): void {
  const others = hidden.filter(({ name }) => alongside.every((other) => other.name !== name));
  const [clash] = findRouteClashes(wanted, others);
  if (clash === undefined) return;
  const { route, owner, ownersRoute } = clash;
  const reason = unreadableReason(stored, owner);
  throw new RegistryFailure(
    `${wanted.name}: ${describeRoute(route)} is a route of ${owner} (${placeOf(ownersRoute.origin)}), whose definition cannot be read now`,
    reason === null ? 'fix that first' : `fix that first: ${reason}`,
  );
}

function judge(
  wanted: AppDefinition,
  previous: StoredApp | null,
  stored: StoredApps,
  { canMoveSlot, alongside }: PlanOptions,
): void {
  const { name, slot } = wanted;
  const oldSlot = previous?.definition.slot ?? null;
  if (slot !== null && oldSlot !== null && slot !== oldSlot && !canMoveSlot) {
    const hint = `leave the slot out to keep ${oldSlot}, or pass --move-slot: load balancers and nodes have to follow`;
    throw new RegistryFailure(`${name}: it keeps slot ${oldSlot}; the definition says ${slot}`, hint);
  }
  refuseRouteClashes(wanted, withAlongside(stored, alongside));
}

function withAlongside(stored: StoredApps, alongside: readonly AppDefinition[]): readonly AppDefinition[] {
  const names = new Set(alongside.map(({ name }) => name));
  const staying = stored.apps.map(({ definition }) => definition).filter(({ name }) => !names.has(name));
  return [...staying, ...alongside];
}

export function refuseRouteClashes(wanted: AppDefinition, others: readonly AppDefinition[]): void {
  const [clash] = findRouteClashes(wanted, others);
  if (clash === undefined) return;
  throw new RegistryFailure(
    `${wanted.name}: ${describeRoute(clash.route)} is a route of ${clash.owner} already (${placeOf(clash.ownersRoute.origin)})`,
    'remove it there first, or choose another host or path',
  );
}

/** The one it says; the one it has; the one that is recorded for it, since a put was cut short. null: a new one. */
function slotFor(
  { name, slot }: AppDefinition,
  previous: StoredApp | null,
  book: SlotBook,
  { canMoveSlot }: PlanOptions,
): number | null {
  if (slot !== null || (canMoveSlot && previous !== null)) return slot;
  return previous?.definition.slot ?? book.slots.find(({ app }) => app === name)?.port ?? null;
}

/** In a directory that people edit apps may use slots that nobody has recorded. */
export function slotsOfOthers(name: string, stored: StoredApps, alongside: readonly AppDefinition[]): SlotRecord[] {
  return withAlongside(stored, alongside).flatMap((other) =>
    other.slot === null || other.name === name ? [] : [{ port: other.slot, app: other.name }],
  );
}

function judgeSlot(name: string, slot: number, stored: StoredApps, book: SlotBook, options: PlanOptions): void {
  const used = slotsOfOthers(name, stored, options.alongside);
  const all = { ...book, slots: [...book.slots.filter(({ app }) => app !== name), ...used] };
  const obstacles = obstaclesOf(slot, name, all, options.rules, options.chances.wallTime());
  const isOwn = book.slots.some(({ port, app }) => port === slot && app === name);
  const [first] = obstacles.filter(({ kind }) => kind !== 'ephemeral' || !(options.keepsSlot || isOwn));
  if (first === undefined) return;
  throw new RegistryFailure(`${name}: slot ${slot} ${first.message}`, 'leave the slot out to get one');
}
