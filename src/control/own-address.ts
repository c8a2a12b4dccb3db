import { networkInterfaces } from 'node:os';
import type { Config } from '../config/config.js';
import { canonicalAddress } from '../core/networks.js';

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
  if (config.ip !== null || (config.bind !== '::' && config.bind !== '0.0.0.0')) return false;
  return machineAddresses().has(canonical);
}

/** Are the slots of this node bound at this address? */
export function isBoundAddress({ bind }: Config, address: string): boolean {
  const canonical = canonicalAddress(address);
  if (bind !== '::' && bind !== '0.0.0.0') return canonical === canonicalAddress(bind);
  return canonical.startsWith('127.') || machineAddresses().has(canonical);
}

export function machineAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []));
}
