import type { Endpoint, NetworkSet } from '../../core/networks.js';
import type { ProxyHeader } from '../../proxy-protocol/header.js';
import type { NodeContext } from '../slot/node-context.js';

/** The client, decided once per connection, here alone. Logs, limits, balancing and forwarded fields all read it. */
export interface ClientIdentity {
  /** The client that a header names; without one, the other end of the connection. */
  readonly source: Endpoint;
  /** The address that the client connected to, if a PROXY header names it; null: this slot. */
  readonly destination: Endpoint | null;
  /** The sender's X-Forwarded-Port and -Proto are kept. */
  readonly isTrusted: boolean;
  /**
   * May use slots that are `internal`, as this one is or becomes. In HTTP a request with a proven mark may use them too,
   * unless a PROXY header names its client.
   */
  readonly isInternal: boolean;
  /** A PROXY header names the client. */
  readonly isSpokenFor: boolean;
  /** Another node sent it because it has no instance: it goes no further. In HTTP each request says so itself. */
  readonly isBled: boolean;
  /** A header that is believed has the mark: that node has written the client into X-Forwarded-For already. */
  readonly isForwarded: boolean;
}

/** A slot's surroundings. */
interface Surroundings {
  readonly node: NodeContext;
  /** Senders that may speak for others. */
  readonly trusted: NetworkSet;
}

/**
 * @param sender the other end of the connection
 * @param header what the connection began with; it was believed before it came here (entry/proxy-preface.ts)
 *
 * Fields of a request are never asked: any client that reaches the port can write them. The address of a neighbor gives
 * no right either: traffic from its containers has the same address.
 */
export function identifyClient(
  { node, trusted }: Surroundings,
  sender: Endpoint,
  header: ProxyHeader | null,
): ClientIdentity {
  const { peers, internal, marks } = node;
  const source = header?.source ?? sender;
  const mark = header?.extras.bledBy ?? null;
  const isProven = mark !== null && marks.proves(mark, sender.address);
  const isSpokenFor = header !== null && header.source !== null;
  return {
    source,
    destination: header?.destination ?? null,
    isTrusted: isProven || trusted.contains(sender.address),
    // A node that names no client has judged it itself.
    isInternal: internal.contains(source.address) || (isProven && !isSpokenFor),
    isSpokenFor,
    // Only version 2 carries the mark: anything else from the address of a neighbor may have been bled.
    isBled: mark !== null || (header?.version !== 2 && peers.has(sender.address)),
    isForwarded: mark !== null,
  };
}
