/**
 * Loaded into a worker before anything else, by the guard that wants to see itself fail: each write of a socket works for
 * as long as the variable says, in microseconds a request. A small request is two writes: one to each side.
 */
import { Socket } from 'node:net';

const WRITES_PER_REQUEST = 2;
const microseconds = Number(process.env.AUTOPROXY_BENCH_SLOWDOWN ?? 0) / WRITES_PER_REQUEST;
const write = Socket.prototype.write as (this: Socket, ...args: unknown[]) => boolean;

Socket.prototype.write = function writeSlowly(this: Socket, ...args: unknown[]): boolean {
  const until = performance.now() + microseconds / 1_000;
  while (performance.now() < until);
  return write.apply(this, args);
} as Socket['write'];
