/** Addresses with ports, as HAProxy writes them. */
import { createHash } from 'node:crypto';
import { hostPort } from '../../src/core/networks.js';
import type { Site, SocketAddress } from '../site/site.js';
import { word } from '../syntax/words.js';

export function socketWord(field: string, { host, port }: SocketAddress): string {
  // In brackets: only there a colon of the address is none of the port.
  return word(field, hostPort(host, port));
}

export function bindWord(field: string, { listen }: Site, port: number): string {
  return listen.address === '' ? `:${port}` : socketWord(field, { host: listen.address, port });
}

/**
 * The socket between the stage before TLS and the stage after it. A path that the user of HAProxy alone may open: who
 * reaches it, names the client's address. In a chroot no path is the same for both sides, so there it is an abstract one,
 * that every user of the machine can open, and that an old worker gives up when a new one cannot bind (seen with 2.6).
 */
export function stageSocket({ running }: Site): string {
  if (running.chroot === null) return word('site.process.run_dir', `unix@${running.runDir}/tls-stage.sock`);
  // Two edges on one machine, which cannot share a folder of sockets, do not share it either.
  return `abns@autoproxy-edge-${createHash('sha256').update(running.runDir).digest('hex').slice(0, 12)}`;
}

/** As the stage after TLS binds it. */
export function stageBind(site: Site): string {
  const { chroot, user } = site.running;
  if (chroot !== null) return stageSocket(site);
  const owner = user === null ? '' : ` user ${word('site.process.user', user)}`;
  return `${stageSocket(site)} mode 600${owner}`;
}
