import type { Random } from '../core/clock.js';
import { RegistryFailure, type SlotBook, type SlotRecord, type SlotStore } from './registry.js';
import { obstaclesOf, pickSlot, type SlotRules } from './slot-rules.js';

export interface Chances {
  readonly random: Random;
  /** Milliseconds since 1970: quarantines outlive the process. */
  wallTime(): number;
}

/** What a claim was, so that it can be taken back. */
export interface Claim {
  readonly port: number;
  /** Of the quarantine that it has ended, and that begins again when nothing comes of it; null: there was none. */
  readonly freedAt: number | null;
}

/** Each lost race means that another allocator has won one. */
const MAX_ATTEMPTS = 100;

/**
 * Gives an app a slot that nothing stands against. The record is written first and its neighbors are looked at again
 * after that: of two that were written at once at least one sees the other and goes back.
 * @param known what was read just before; a claim that it misleads fails, and it is read anew
 * @param used slots of definitions, recorded or not
 * @throws RegistryFailure when no port of the range is free
 */
export async function allocateSlot(
  slots: SlotStore,
  app: string,
  rules: SlotRules,
  chances: Chances,
  known: SlotBook,
  used: readonly SlotRecord[],
): Promise<Claim> {
  let book = known;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const port = pickSlot({ ...book, slots: [...book.slots, ...used] }, rules, chances.wallTime(), chances.random);
    if (port === null) {
      const { from, to } = rules.range;
      throw new RegistryFailure(`no slot is free from ${from} to ${to}`, 'free some, or widen the range: --slot-range');
    }
    const claim = claimOf(port, book);
    if (await claimAlone(slots, claim, app)) return claim;
    book = await slots.list();
  }
  throw new RegistryFailure(`${MAX_ATTEMPTS} slots in a row were taken by others meanwhile`, 'try again');
}

/**
 * Records a slot that somebody has chosen.
 * @param book what was read just before
 * @param isForced an app that is moved in keeps a port that kernels may use too
 * @throws RegistryFailure that names what stands against it
 */
export async function claimSlot(
  slots: SlotStore,
  port: number,
  app: string,
  rules: SlotRules,
  chances: Chances,
  book: SlotBook,
  isForced = false,
): Promise<Claim> {
  const obstacles = obstaclesOf(port, app, book, rules, chances.wallTime());
  const [first] = obstacles.filter(({ kind }) => !(isForced && kind === 'ephemeral'));
  const hint = 'leave the slot out to get one';
  if (first !== undefined) throw new RegistryFailure(`${app}: slot ${port} ${first.message}`, hint);
  const claim = claimOf(port, book);
  if (await claimAlone(slots, claim, app)) return claim;
  throw new RegistryFailure(`${app}: slot ${port} was taken by another app meanwhile`, hint);
}

function claimOf(port: number, { freed }: SlotBook): Claim {
  return { port, freedAt: freed.find((one) => one.port === port)?.freedAt ?? null };
}

async function claimAlone(slots: SlotStore, { port, freedAt }: Claim, app: string): Promise<boolean> {
  if (!(await slots.claim(port, app, freedAt))) return false;
  const nextTo = [await slots.get(port - 1), await slots.get(port + 1)];
  if (nextTo.every((owner) => owner === null)) return true;
  await slots.free(port, app, freedAt);
  return false;
}
