import { createTransports } from '../../../src/proxy/io/create-transports.js';
import type { Transports } from '../../../src/proxy/io/transport.js';

/** Both ways to have connections, each with its name. */
export const TRANSPORT_WAYS: readonly (readonly [string, () => Transports])[] = [
  ['past the stream', () => createTransports()],
  ['through the stream', () => createTransports(null)],
];
