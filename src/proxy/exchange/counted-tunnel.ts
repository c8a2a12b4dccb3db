import type { ErrorCode } from '../../core/errors.js';
import type { ByteConnection } from '../io/byte-connection.js';
import { Tunnel } from '../io/tunnel.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';

/** The two ends of a tunnel. */
interface Ends {
  readonly client: ByteConnection;
  readonly instance: ByteConnection;
}

/** Opens a tunnel of the slot, which counts it while it lives, and why it was ended. @param onGone as of `Tunnel` */
export function openCountedTunnel(
  slot: Slot,
  { clock }: WorkerContext,
  { client, instance }: Ends,
  onGone: (code: ErrorCode | null) => void,
): Tunnel {
  const { counters, config } = slot;
  counters.tunnels += 1;
  return new Tunnel(client, instance, clock, config.timeouts.tunnelMs, (code) => {
    counters.tunnels -= 1;
    if (code !== null) slot.countError(code);
    onGone(code);
  });
}
