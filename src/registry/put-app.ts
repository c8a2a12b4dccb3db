/** Writing and removing an app, over any registry: judged before it is written, written by check-and-set, slot first. */
import { parseDocument } from 'yaml';
import type { ReadDefinition } from '../documents/app-definition-document.js';
import type { AppDefinition } from '../model/app-definition.js';
import { allocateSlot, type Chances, type Claim, claimSlot } from './allocate.js';
import { type Change, changesBetween } from './changes.js';
import { freeUnused, slotOf } from './free-unused.js';
import { hiddenApps } from './hidden-apps.js';
import {
  isSameDefinition,
  type PlanOptions,
  type PutPlan,
  planPut,
  type RegistryContents,
  refuseRouteClashes,
  slotsOfOthers,
} from './put-plan.js';
import { type Registry, RegistryFailure, type SlotBook, type StoredApp, type WriteNote } from './registry.js';

export interface PutOptions extends PlanOptions {
  /** For the history. */
  readonly author: string;
  readonly act: 'put' | 'undo';
  /** Only says what would change. */
  readonly isDryRun: boolean;
}

/** What holds for all apps of one put. */
export type PutRules = Omit<PutOptions, 'alongside' | 'isDryRun'>;

export interface PutOutcome {
  readonly app: string;
  readonly kind: 'created' | 'changed' | 'unchanged';
  /** null in a dry run that would allocate one. */
  readonly slot: number | null;
  readonly changes: readonly Change[];
  /** Definitions that cannot be read, and why: routes of them that no history has are not compared with those of the app. */
  readonly unchecked?: readonly string[];
}

const MAX_ATTEMPTS = 20;

/**
 * Writes several apps. All are judged before the first is written, with each other too, so that a mistake in the last
 * leaves nothing half done; those that are as they were are not written.
 */
export async function putApps(
  registry: Registry,
  wanted: readonly ReadDefinition[],
  options: PutRules,
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
 * A slot that was claimed on the way and is not used is freed, after a success and after a failure. Killed between two steps it leaves a slot without
 * its app, or an app with two slots: `slot ls --check` names both, and the next put of the app takes up the slot that is
 * recorded for it.
 * @throws RegistryFailure that names what stands against it; nothing is then written
 */
export async function putApp(registry: Registry, wanted: ReadDefinition, options: PutOptions): Promise<PutOutcome> {
  const claims: Claim[] = [];
  try {
    return await putClaiming(registry, wanted, options, claims);
  } catch (error) {
    throw await withdrawn(registry, wanted.definition.name, claims, error);
  }
}

/** @param claims those that this put has made are added */
async function putClaiming(
  registry: Registry,
  wanted: ReadDefinition,
  options: PutOptions,
  claims: Claim[],
): Promise<PutOutcome> {
  const { name } = wanted.definition;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const contents = await readContents(registry);
    const plan = planPut(wanted.definition, contents, options);
    if (options.isDryRun) return outcomeOf(plan);
    const { previous, isRecorded, kind } = plan;
    let { slot } = plan.definition;
    if (slot === null || !isRecorded) {
      const claim = await claimFor(registry, plan.definition, contents, options);
      claims.push(claim);
      slot = claim.port;
    }
    const definition = { ...plan.definition, slot };
    if (kind !== 'unchanged') {
      const text = textWithSlot(wanted.text, slot);
      // Who has lost leaves its claim for now: another writer of this app may have taken it up.
      const note = { act: options.act, author: options.author, at: options.chances.wallTime() };
      if (!(await registry.put(name, text, previous?.version ?? null, slot, note))) continue;
      await withdrawOnClash(registry, definition, previous, note);
    }
    // Read anew: a slot that was recorded for the app since the first look is one too many.
    await freeOthers(registry, name, await registry.slots.list(), options.chances, claims);
    return outcomeOf({ ...plan, definition, changes: changesBetween(previous?.definition ?? null, definition) });
  }
  throw new RegistryFailure(`${name}: it kept changing during the write`, 'find out who else writes it, and try again');
}

/**
 * Frees what a failed put has claimed. An answer that was lost may have been a success, so what the app uses now stays;
 * a write that is still on its way finds its record gone, and writes nothing.
 * @returns the failure; its hint names what could not be freed
 */
async function withdrawn(
  registry: Registry,
  name: string,
  claims: readonly Claim[],
  failure: unknown,
): Promise<unknown> {
  for (const claim of claims) {
    try {
      await freeUnused(registry, name, claim);
    } catch (error) {
      if (!(error instanceof RegistryFailure && failure instanceof RegistryFailure)) return failure;
      const left = `slot ${claim.port} stays recorded for ${name}: put the app again, or free the slot: autoproxy slot free ${claim.port}`;
      return new RegistryFailure(failure.message, failure.hint === null ? left : `${failure.hint}; ${left}`, failure);
    }
  }
  return failure;
}

async function readContents(registry: Registry): Promise<RegistryContents> {
  const stored = await registry.list();
  const book = await registry.slots.list();
  return { stored, book, hidden: await hiddenApps(registry, stored, book) };
}

function outcomeOf({ definition, kind, changes, unchecked }: PutPlan): PutOutcome {
  const outcome = { app: definition.name, kind, slot: definition.slot, changes };
  return unchecked.length === 0 ? outcome : { ...outcome, unchecked };
}

/**
 * Removes an app; its slot is free after the quarantine.
 * @returns what it was, or null when there was none
 */
export async function removeApp(
  registry: Registry,
  name: string,
  options: { readonly chances: Chances; readonly author: string; readonly isDryRun: boolean },
): Promise<StoredApp | null> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const stored = await registry.get(name);
    if (stored === null || options.isDryRun) return stored;
    const book = await registry.slots.list();
    const note = { act: 'rm', author: options.author, at: options.chances.wallTime() } as const;
    if (!(await registry.remove(name, stored.version, note))) continue;
    await freeOthers(registry, name, book, options.chances);
    return stored;
  }
  throw new RegistryFailure(`${name}: it kept changing during the write`, 'find out who else writes it, and try again');
}

function claimFor(
  { slots }: Registry,
  { name, slot }: AppDefinition,
  { stored, book }: RegistryContents,
  { rules, chances, keepsSlot, alongside }: PutOptions,
): Promise<Claim> {
  return slot === null
    ? allocateSlot(slots, name, rules, chances, book, slotsOfOthers(name, stored, alongside))
    : claimSlot(slots, slot, name, rules, chances, book, keepsSlot);
}

/** Two apps written at the same moment each passed the look before: at least one of the two sees the other now. */
async function withdrawOnClash(
  registry: Registry,
  definition: AppDefinition,
  previous: StoredApp | null,
  written: Omit<WriteNote, 'act'>,
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
      const note = { ...written, act: 'withdrawn' } as const;
      if (previous === null) await registry.remove(definition.name, now.version, note);
      else await registry.put(definition.name, previous.text, now.version, null, note);
    }
    throw error;
  }
}

/** Frees what is recorded for the app, but for the slot that it uses now. */
async function freeOthers(
  registry: Registry,
  name: string,
  book: SlotBook,
  chances: Chances,
  neverUsed: readonly Claim[] = [],
): Promise<void> {
  const used = await slotOf(registry, name);
  for (const { port, app } of book.slots) {
    if (app !== name || port === used) continue;
    const claim = neverUsed.find((one) => one.port === port) ?? { port, freedAt: chances.wallTime() };
    await freeUnused(registry, name, claim);
  }
}

/** The document as it was written, comments too, with its slot; what was JSON stays JSON. */
function textWithSlot(text: string, slot: number): string {
  const document = parseDocument(text.replace(/^---(?=\s)/, ''), { version: '1.2' });
  const name = document.has('translated_port') ? 'translated_port' : 'slot';
  if (document.get(name) === slot) return `${text.trim()}\n`;
  const key = document.createNode(name);
  if (text.trimStart().startsWith('{')) key.type = 'QUOTE_DOUBLE';
  document.set(document.has(name) ? name : key, slot);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
