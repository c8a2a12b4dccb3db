/** Addresses with ports, as HAProxy writes them. */
import { createHash } from 'node:crypto';
import type { Site, SocketAddress } from '../site/site.js';
import { word } from '../syntax/words.js';

export function socketWord(field: string, { host, port }: SocketAddress): string {
  // In brackets: only there a colon of the address is none of the port.
  return word(field, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
}

export function bindWord(field: string, { listen }: Site, port: number): string {
  return listen.address === '' ? `:${port}` : socketWord(field, { host: listen.address, port });
}

/**
 * The abstract socket between the stage before TLS and the stage after it. Its name is known to the whole machine, so
 * two edges on one machine, who can not share a folder of sockets, do not share it either.
 */
export function stageSocket({ running }: Site): string {
  return `abns@autoproxy-edge-${createHash('sha256').update(running.runDir).digest('hex').slice(0, 12)}`;
}
