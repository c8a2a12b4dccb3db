import { networkInterfaces } from 'node:os';
import type { Config } from '../config/config.js';
import { canonicalAddress, isEveryAddress } from '../core/networks.js';

/** How the other nodes know this one: what was said (`IP`), or the one address that it binds. */
export function ownAddressOf(config: Config): string {
  return config.ip ?? config.bind;
}

/**
 * A node is never its own neighbor. Nobody has to say which address is its own: when it binds all of them, each address
 * of the host is one. With one bound address another node may live on this host, as in the demo.
 */
export function isOwnAddress(config: Config, address: string): boolean {
  const canonical = canonicalAddress(address);
  if (canonical === canonicalAddress(ownAddressOf(config))) return true;
  if (config.ip !== null || !isEveryAddress(config.bind)) return false;
  return machineAddresses().has(canonical);
}

/**
 * Does a connection from this machine to `address` reach what listens at `bound`?
 * @param bound an address of this machine, or each of them
 */
export function isReachedAt(bound: string, address: string): boolean {
  const canonical = canonicalAddress(address);
  if (!isEveryAddress(bound)) return canonical === canonicalAddress(bound);
  // `::` takes IPv4 too.
  if (canonicalAddress(bound) === '0.0.0.0' && canonical.includes(':')) return false;
  // Linux answers on all of 127.0.0.0/8, though the interface lists one address.
  return canonical.startsWith('127.') || machineAddresses().has(canonical);
}

export function machineAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []));
}
