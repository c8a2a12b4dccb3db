import { HandleIo, loadBinding, type StreamBinding } from './handle-io.js';
import type { SocketIo } from './socket-io.js';
import { StreamIo } from './stream-io.js';

/** @param binding `null` forces the documented way; for tests of the fallback. */
export function createSocketIo(binding: StreamBinding | null = loadBinding()): SocketIo {
  return binding === null ? new StreamIo() : new HandleIo(binding);
}
