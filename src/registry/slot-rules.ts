/** Which ports may be slots. Pure: chance and time are passed in. */
import type { Random } from '../core/clock.js';
import { slotsClash } from '../model/slot-clashes.js';
import type { SlotBook } from './registry.js';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface SlotRules {
  /** Slots are given out of this range; one that was given before may lie elsewhere. */
  readonly range: PortRange;
  /** Never a slot, nor a health port. */
  readonly reserved: readonly number[];
  /** Where kernels take the local ports of outgoing connections from: such a port may be in use at any moment. */
  readonly ephemeral: readonly PortRange[];
  readonly quarantineMs: number;
}

/** Of Linux, unless somebody changed net.ipv4.ip_local_port_range. */
export const KERNEL_EPHEMERAL: PortRange = { from: 32_768, to: 60_999 };

/** The admin API of each node. */
export const ADMIN_PORT = 1_936;

export const DEFAULT_SLOT_RULES: SlotRules = {
  range: { from: 10_000, to: 32_767 },
  reserved: [ADMIN_PORT],
  ephemeral: [KERNEL_EPHEMERAL],
  quarantineMs: 86_400_000,
};

/** Why a port can be no slot, in words that follow "slot N". */
interface SlotObstacle {
  readonly kind: 'taken' | 'overlap' | 'reserved' | 'ephemeral' | 'quarantine';
  readonly message: string;
}

/** An app needs N and N + 1, so the slots N - 1, N and N + 1 are in each other's way. */
export function obstaclesOf(port: number, app: string, book: SlotBook, rules: SlotRules, now: number): SlotObstacle[] {
  const found: SlotObstacle[] = [];
  for (const other of book.slots) {
    if (other.app === app && other.port === port) continue;
    if (other.port === port) found.push({ kind: 'taken', message: `belongs to ${other.app}` });
    else if (slotsClash(other.port, port))
      found.push({ kind: 'overlap', message: `overlaps slot ${other.port} of ${other.app}` });
  }
  for (const freed of book.freed) {
    const isOver = freed.freedAt + rules.quarantineMs <= now;
    if (isOver || freed.app === app || !slotsClash(freed.port, port)) continue;
    const until = new Date(freed.freedAt + rules.quarantineMs).toISOString();
    found.push({
      kind: 'quarantine',
      message: `is too near slot ${freed.port}, in quarantine after ${freed.app} until ${until}`,
    });
  }
  return [...found, ...placeObstaclesOf(port, rules)];
}

/** Those that do not depend on other slots; at most one of each kind. */
export function placeObstaclesOf(port: number, rules: SlotRules): SlotObstacle[] {
  const find = (isBad: (one: number) => boolean): string | null =>
    isBad(port) ? 'is' : isBad(port + 1) ? 'has its health port on' : null;
  const reserved = find((one) => rules.reserved.includes(one));
  const ephemeral = find((one) => rules.ephemeral.some((range) => isWithin(one, range)));
  const found: SlotObstacle[] = [];
  if (reserved !== null) found.push({ kind: 'reserved', message: `${reserved} a reserved port` });
  if (ephemeral !== null)
    found.push({ kind: 'ephemeral', message: `${ephemeral} a port that kernels give to outgoing connections` });
  return found;
}

/**
 * Picks an even port of the range that nothing stands against, each with the same chance.
 * @returns null when there is none
 */
export function pickSlot(book: SlotBook, rules: SlotRules, now: number, random: Random): number | null {
  const blocked = new Set<number>(rules.reserved);
  const ends = rules.ephemeral;
  const block = (port: number): void => {
    for (const one of [port, port + 1]) blocked.add(one);
  };
  for (const { port } of book.slots) block(port);
  for (const { port, freedAt } of book.freed) if (freedAt + rules.quarantineMs > now) block(port);
  const free: number[] = [];
  const { from, to } = rules.range;
  for (let port = from + (from % 2); port < to; port += 2) {
    const isFree = [port, port + 1].every((one) => !blocked.has(one) && !ends.some((range) => isWithin(one, range)));
    if (isFree) free.push(port);
  }
  return free[Math.floor(random() * free.length)] ?? null;
}

function isWithin(port: number, { from, to }: PortRange): boolean {
  return port >= from && port <= to;
}
