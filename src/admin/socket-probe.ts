/** Whether somebody listens at a unix socket, for who wants its place and for who wants to ask there. */
import { connect } from 'node:net';
import { codeOf } from '../core/thrown.js';

const PROBE_TIMEOUT_MS = 1_000;

/** @returns what keeps this user from it, such as `EACCES` or `ECONNREFUSED`; null: somebody listens there */
export async function whyNotAnswered(path: string): Promise<string | null> {
  const socket = connect(path);
  // A program that does not accept in time holds the socket all the same.
  socket.setTimeout(PROBE_TIMEOUT_MS, () => socket.destroy());
  const reason = await new Promise<string | null>((resolve) => {
    socket.once('error', (error) => resolve(codeOf(error)));
    socket.once('connect', () => resolve(null));
    socket.once('close', () => resolve(null));
  });
  socket.destroy();
  return reason;
}
