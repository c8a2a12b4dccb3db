import { parseAddress } from '../core/networks.js';

/** What a node knows of its own addresses. */
interface OwnAddresses {
  /** The address that the others know it by, where somebody said so (`--ip`). */
  readonly known: string | null;
  /** Where its slots are bound; `::` and `0.0.0.0` are every address. */
  readonly bind: string;
  /** All addresses of the machine. */
  readonly machine: ReadonlySet<string>;
}

/**
 * From which address a neighbor is asked, by checks and traffic alike: the one that it knows this node by, else the one
 * that is bound, as far as it can reach the neighbor at all.
 * @returns null: the kernel chooses
 */
export function sourceAddressTo(neighbor: string, { known, bind, machine }: OwnAddresses): string | null {
  if (known !== null && isOfMachine(known, machine) && fits(known, neighbor)) return known;
  return fits(bind, neighbor) ? bind : null;
}

/** Behind NAT, or while another machine holds a shared address, the known address can't be bound. */
function isOfMachine(address: string, machine: ReadonlySet<string>): boolean {
  // Linux has all of 127.0.0.0/8, also where the interface lists less.
  return machine.has(address) || scopeOf(parseAddress(address) ?? []) === 'loopback';
}

/** A packet of another family can't be sent, and one from ::1 or a link-local address reaches nobody beyond its scope. */
function fits(source: string, neighbor: string): boolean {
  const from = parseAddress(source);
  const to = parseAddress(neighbor);
  if (from === null || to === null || from.length !== to.length) return false;
  const scope = scopeOf(from);
  return scope !== 'unspecified' && scope === scopeOf(to);
}

function scopeOf(bytes: readonly number[]): 'unspecified' | 'loopback' | 'link' | 'global' {
  if (bytes.every((byte) => byte === 0)) return 'unspecified';
  const [first = 0, second = 0] = bytes;
  if (bytes.length === 4) {
    if (first === 127) return 'loopback';
    return first === 169 && second === 254 ? 'link' : 'global';
  }
  if (bytes.at(-1) === 1 && bytes.slice(0, -1).every((byte) => byte === 0)) return 'loopback';
  return first === 0xfe && (second & 0xc0) === 0x80 ? 'link' : 'global';
}
