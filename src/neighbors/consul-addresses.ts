/** Under which addresses the nodes of the pod can be reached, where some registered a name. Pure. */
import { parseAddress } from '../core/networks.js';
import { escapeText, type Problem } from '../model/problem.js';
import type { RegisteredNode } from './consul-nodes.js';
import type { ListedNode } from './neighbor-source.js';

/** RFC 1123, with the underscores that people use. */
const HOST_NAME = /^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?\.?$/i;

/** What names have resolved to. */
export interface Named {
  /** The last good answer; empty: there has been none. */
  addressesOf(name: string): readonly string[];
  /** Why the newest question had no answer; null: it had one, or is under way. */
  failureOf(name: string): string | null;
}

/** Those that stand where an address should. */
export function namesIn(nodes: readonly RegisteredNode[]): readonly string[] {
  return nodes.map(({ host }) => host).filter(isName);
}

function isName(host: string): boolean {
  return parseAddress(host) === null && HOST_NAME.test(host) && /[a-z]/i.test(host);
}

export function listedFrom(
  node: RegisteredNode,
  named: Named,
): { readonly node: ListedNode; readonly problem: Problem | null } {
  const { id, name, host, standing, remark } = node;
  const listed = { id, name, standing, remark };
  const bytes = parseAddress(host);
  if (bytes?.some((byte) => byte !== 0) === true) return { node: { ...listed, addresses: [host] }, problem: null };
  const addresses = isName(host) ? named.addressesOf(host) : [];
  const failure = isName(host) ? named.failureOf(host) : 'it is not an IP address or a name';
  if (failure === null) return { node: { ...listed, addresses }, problem: null };
  const effect = addresses.length > 0 ? `${addresses.join(', ')}, the last good answer, applies` : 'it takes no bleed';
  const problem: Problem = {
    severity: 'warning',
    app: null,
    file: 'consul',
    line: null,
    col: null,
    message: `node ${name} is registered with the address "${escapeText(host.slice(0, 253))}": ${failure}; ${effect}`,
    hint: 'start it with --ip and its IP address, or make the name resolve here',
  };
  return { node: { ...listed, addresses }, problem };
}
