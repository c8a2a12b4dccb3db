/** Writing and removing an app, over any registry: judged before it is written, written by check-and-set, slot first. */
import { parseDocument } from 'yaml';
import type { AppDefinition } from '../model/app-definition.js';
import type { ReadDefinition } from '../model/app-definition-document.js';
import { allocateSlot, type Chances, claimSlot } from './allocate.js';
import { type Change, changesBetween } from './changes.js';
import {
  isSameDefinition,
  type PlanOptions,
  type PutPlan,
  planPut,
  type RegistryContents,
  refuseRouteClashes,
} from './put-plan.js';
import { type Registry, RegistryFailure, type SlotBook, type StoredApp } from './registry.js';

export interface PutOptions extends PlanOptions {
  /** Only says what would change. */
  readonly isDryRun: boolean;
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
 * leaves nothing half done; those that are as they were are not written.
 */
export async function putApps(
  registry: Registry,
  wanted: readonly ReadDefinition[],
  options: Omit<PutOptions, 'alongside' | 'isDryRun'>,
  isDryRun: boolean,
): Promise<readonly PutOutcome[]> {
  const own = { ...options, alongside: wanted.map(({ definition }) => definition) };
  const contents = await readContents(registry);
  const plans = wanted.map((one) => ({ one, plan: planPut(one.definition, contents, own) }));
  const outcomes: PutOutcome[] = [];
  for (const { one, plan } of plans) {
    const isDone = isDryRun || (plan.kind === 'unchanged' && plan.isRecorded);
    outcomes.push(isDone ? outcomeOf(plan) : await putApp(registry, one, { ...own, isDryRun }));
  }
  return outcomes;
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
 * @throws RegistryFailure that names what stands against it. Nothing is then written, or, where the document itself could
 * not be, the slot alone: whether a lost answer was a refusal is not known, so the claim stays for the next put
 */
export async function putApp(registry: Registry, wanted: ReadDefinition, options: PutOptions): Promise<PutOutcome> {
  const { name } = wanted.definition;
  const neverUsed = new Set<number>();
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const contents = await readContents(registry);
    const plan = planPut(wanted.definition, contents, options);
    if (options.isDryRun) return outcomeOf(plan);
    const { previous, isRecorded, kind } = plan;
    const { slot } = plan.definition;
    const claimed = isRecorded && slot !== null ? slot : await claim(registry, name, slot, options);
    if (!isRecorded) neverUsed.add(claimed);
    const definition = { ...plan.definition, slot: claimed };
    const isWritten =
      kind === 'unchanged' || (await registry.put(name, textWithSlot(wanted.text, claimed), previous?.version ?? null));
    // Who has lost leaves its claim: another writer of this app may have taken it up. What is too much is freed at the end.
    if (!isWritten) continue;
    if (kind !== 'unchanged') {
      if ((await registry.slots.get(claimed)) !== name) await claim(registry, name, claimed, options);
      await undoOnClash(registry, definition, previous, isRecorded ? null : claimed);
    }
    await freeOthers(registry, name, claimed, contents.book, options.chances, neverUsed);
    return outcomeOf({ ...plan, definition, changes: changesBetween(previous?.definition ?? null, definition) });
  }
  throw new RegistryFailure(`${name}: somebody else changes it all the time`, 'look who does, and try again');
}

async function readContents(registry: Registry): Promise<RegistryContents> {
  const [stored, book] = await Promise.all([registry.list(), registry.slots.list()]);
  return { stored, book };
}

function outcomeOf({ definition, kind, changes }: PutPlan): PutOutcome {
  return { app: definition.name, kind, slot: definition.slot, changes };
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

/** The document as it was written, comments too, with its slot; what was JSON stays JSON. */
export function textWithSlot(text: string, slot: number): string {
  const document = parseDocument(text.replace(/^---(?=\s)/, ''), { version: '1.2' });
  const name = document.has('translated_port') ? 'translated_port' : 'slot';
  if (document.get(name) === slot) return `${text.trim()}\n`;
  const key = document.createNode(name);
  if (text.trimStart().startsWith('{')) key.type = 'QUOTE_DOUBLE';
  document.set(document.has(name) ? name : key, slot);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
