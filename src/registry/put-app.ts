/** Writing and removing an app, over any registry: judged before it is written, written by check-and-set, slot first. */
import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from 'yaml';
import type { AppDefinition } from '../model/app-definition.js';
import type { ReadDefinition } from '../model/app-definition-document.js';
import { plainFromDefinition } from '../model/app-definition-text.js';
import { describeRoute } from '../model/edge-keys.js';
import { allocateSlot, type Chances, claimSlot } from './allocate.js';
import { type Change, changesBetween } from './changes.js';
import { type Registry, RegistryFailure, type SlotBook, type StoredApp, type StoredApps } from './registry.js';
import { findRouteClashes } from './route-clashes.js';
import { obstaclesOf, type SlotRules } from './slot-rules.js';

export interface PutOptions {
  readonly rules: SlotRules;
  readonly chances: Chances;
  /** Only says what would change. */
  readonly isDryRun: boolean;
  /** A slot may become another one, a new one where none is written; else it is given once and for ever. */
  readonly canMoveSlot: boolean;
  /** The slot may lie where kernels take ports from: apps of the old system come with theirs. */
  readonly keepsSlot: boolean;
  /** Others that are to be written with it: they count as if they were there. */
  readonly alongside: readonly AppDefinition[];
}

export interface PutOutcome {
  readonly app: string;
  readonly kind: 'created' | 'changed' | 'unchanged';
  /** null in a dry run that would allocate one. */
  readonly slot: number | null;
  readonly changes: readonly Change[];
}

const MAX_ATTEMPTS = 20;

/**
 * Writes several apps. All are judged before the first is written, with each other too, so that a mistake in the last
 * leaves nothing half done.
 */
export async function putApps(
  registry: Registry,
  wanted: readonly ReadDefinition[],
  options: Omit<PutOptions, 'alongside' | 'isDryRun'>,
  isDryRun: boolean,
): Promise<readonly PutOutcome[]> {
  const alongside = wanted.map(({ definition }) => definition);
  const put = async (isOnlyPlanned: boolean): Promise<readonly PutOutcome[]> => {
    const outcomes: PutOutcome[] = [];
    for (const one of wanted)
      outcomes.push(await putApp(registry, one, { ...options, alongside, isDryRun: isOnlyPlanned }));
    return outcomes;
  };
  const planned = await put(true);
  return isDryRun ? planned : put(false);
}

/**
 * Writes one app.
 *
 *   judge ──► claim the slot ──► write the document, check-and-set ──► look for clashes once more ──► free the old slot
 *     ▲                                   │ lost                             │ found: undo, fail
 *     └───────────────────────────────────┘
 *
 * Killed between two steps it leaves a slot without its app, or an app with two slots: `slot ls --check` names both, and
 * the next put of the app takes up the slot that is recorded for it.
 * @throws RegistryFailure that names what stands against it; nothing is then written
 */
export async function putApp(registry: Registry, wanted: ReadDefinition, options: PutOptions): Promise<PutOutcome> {
  const { name } = wanted.definition;
  const neverUsed = new Set<number>();
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const [stored, book] = await Promise.all([registry.list(), registry.slots.list()]);
    const previous = stored.apps.find(({ definition }) => definition.name === name) ?? null;
    judge(wanted.definition, previous, stored, options);
    const slot = slotFor(wanted.definition, previous, book, options);
    if (slot !== null) judgeSlot(name, slot, stored, book, options);
    const planned = { ...wanted.definition, slot };
    const changes = changesBetween(previous?.definition ?? null, planned);
    const isRecorded = slot !== null && book.slots.some(({ port, app }) => port === slot && app === name);
    const isSame = previous !== null && isSameDefinition(previous.definition, planned);
    if (isSame && isRecorded) {
      if (!options.isDryRun) await freeOthers(registry, name, slot, book, options.chances, neverUsed);
      return { app: name, kind: 'unchanged', slot, changes: [] };
    }
    const kind = previous === null ? 'created' : isSame ? 'unchanged' : 'changed';
    if (options.isDryRun) return { app: name, kind, slot, changes };

    const claimed = isRecorded ? slot : await claim(registry, name, slot, options);
    if (!isRecorded) neverUsed.add(claimed);
    const definition = { ...planned, slot: claimed };
    const isWritten =
      isSame || (await registry.put(name, textWithSlot(wanted.text, claimed), previous?.version ?? null));
    // Who has lost leaves its claim: another writer of this app may have taken it up. What is too much is freed at the end.
    if (isWritten) {
      if ((await registry.slots.get(claimed)) !== name) await claim(registry, name, claimed, options);
      await undoOnClash(registry, definition, previous, isRecorded ? null : claimed);
      await freeOthers(registry, name, claimed, book, options.chances, neverUsed);
      return { app: name, kind, slot: claimed, changes: changesBetween(previous?.definition ?? null, definition) };
    }
  }
  throw new RegistryFailure(`${name}: somebody else changes it all the time`, 'look who does, and try again');
}

/**
 * Removes an app; its slot is free after the quarantine.
 * @returns what it was, or null when there was none
 */
export async function removeApp(
  registry: Registry,
  name: string,
  options: { readonly chances: Chances; readonly isDryRun: boolean },
): Promise<StoredApp | null> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const stored = await registry.get(name);
    if (stored === null || options.isDryRun) return stored;
    if (!(await registry.remove(name, stored.version))) continue;
    await freeOthers(registry, name, null, await registry.slots.list(), options.chances);
    return stored;
  }
  throw new RegistryFailure(`${name}: somebody else changes it all the time`, 'look who does, and try again');
}

function judge(
  wanted: AppDefinition,
  previous: StoredApp | null,
  stored: StoredApps,
  { canMoveSlot, alongside }: PutOptions,
): void {
  const { name, slot } = wanted;
  if (stored.refused.includes(name)) {
    throw new RegistryFailure(
      `${name}: what the registry holds under this name can not be read`,
      `mend or remove it first`,
    );
  }
  const oldSlot = previous?.definition.slot ?? null;
  if (slot !== null && oldSlot !== null && slot !== oldSlot && !canMoveSlot) {
    const hint = `leave the slot out to keep ${oldSlot}, or say --move-slot: load balancers and nodes have to follow`;
    throw new RegistryFailure(`${name}: its slot is ${oldSlot}, for ever, and not ${slot}`, hint);
  }
  refuseRouteClashes(wanted, withAlongside(stored, alongside));
}

function withAlongside(stored: StoredApps, alongside: readonly AppDefinition[]): readonly AppDefinition[] {
  const names = new Set(alongside.map(({ name }) => name));
  const staying = stored.apps.map(({ definition }) => definition).filter(({ name }) => !names.has(name));
  return [...staying, ...alongside];
}

function refuseRouteClashes(wanted: AppDefinition, others: readonly AppDefinition[]): void {
  const [clash] = findRouteClashes(wanted, others);
  if (clash === undefined) return;
  const { origin } = clash.ownersRoute;
  const place = [origin.location, origin.line].filter((part) => part !== null).join(':');
  throw new RegistryFailure(
    `${wanted.name}: ${describeRoute(clash.route)} is a route of ${clash.owner} already (${place})`,
    'take it away there first, or choose another host or path',
  );
}

/** The one it says; the one it has; the one that is recorded for it, since a put was cut short. null: a new one. */
function slotFor(
  { name, slot }: AppDefinition,
  previous: StoredApp | null,
  book: SlotBook,
  { canMoveSlot }: PutOptions,
): number | null {
  if (slot !== null || (canMoveSlot && previous !== null)) return slot;
  return previous?.definition.slot ?? book.slots.find(({ app }) => app === name)?.port ?? null;
}

function judgeSlot(name: string, slot: number, stored: StoredApps, book: SlotBook, options: PutOptions): void {
  // In a directory that people edit apps may use slots that nobody has recorded.
  const unrecorded = withAlongside(stored, options.alongside).flatMap((other) =>
    other.slot === null || other.name === name ? [] : [{ port: other.slot, app: other.name }],
  );
  const all = { ...book, slots: [...book.slots.filter(({ app }) => app !== name), ...unrecorded] };
  const obstacles = obstaclesOf(slot, name, all, options.rules, options.chances.wallTime());
  const isOwn = book.slots.some(({ port, app }) => port === slot && app === name);
  const [first] = obstacles.filter(({ kind }) => kind !== 'ephemeral' || !(options.keepsSlot || isOwn));
  if (first === undefined) return;
  throw new RegistryFailure(`${name}: slot ${slot} ${first.message}`, 'leave the slot out, and one is given');
}

async function claim(registry: Registry, name: string, slot: number | null, options: PutOptions): Promise<number> {
  const { rules, chances, keepsSlot } = options;
  if (slot === null) return allocateSlot(registry.slots, name, rules, chances);
  await claimSlot(registry.slots, slot, name, rules, chances, keepsSlot);
  return slot;
}

/** Two apps written at the same moment each passed the look before: at least one of the two sees the other now. */
async function undoOnClash(
  registry: Registry,
  definition: AppDefinition,
  previous: StoredApp | null,
  claimed: number | null,
): Promise<void> {
  if (definition.edge === null) return;
  const { apps } = await registry.list();
  try {
    refuseRouteClashes(
      definition,
      apps.map((app) => app.definition),
    );
  } catch (error) {
    const now = apps.find((app) => app.definition.name === definition.name);
    if (now !== undefined && isSameDefinition(now.definition, definition)) {
      if (previous === null) await registry.remove(definition.name, now.version);
      else await registry.put(definition.name, previous.text, now.version);
      if (claimed !== null) await registry.slots.free(claimed, definition.name, null);
    }
    throw error;
  }
}

async function freeOthers(
  registry: Registry,
  name: string,
  kept: number | null,
  book: SlotBook,
  chances: Chances,
  neverUsed: ReadonlySet<number> = new Set(),
): Promise<void> {
  for (const { port, app } of book.slots) {
    if (app !== name || port === kept) continue;
    await registry.slots.free(port, name, neverUsed.has(port) ? null : chances.wallTime());
  }
}

function isSameDefinition(a: AppDefinition, b: AppDefinition): boolean {
  return isDeepStrictEqual(plainFromDefinition(a), plainFromDefinition(b));
}

/** The document as it was written, comments too, with its slot. */
export function textWithSlot(text: string, slot: number): string {
  const document = parseDocument(text.replace(/^---(?=\s)/, ''), { version: '1.2' });
  const name = document.has('translated_port') ? 'translated_port' : 'slot';
  if (document.get(name) === slot) return `${text.trim()}\n`;
  document.set(name, slot);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
