/** Where a command finds its node. */
import { whyNotAnswered } from '../admin/socket-probe.js';
import type { AdminAddress } from '../config/text-readers.js';
import { hostPort } from '../core/networks.js';

const UNIX = 'unix:';

export interface AdminTarget {
  /** Asked first, if a node listens there and this user may talk to it; null: the port is asked. */
  readonly socket: string | null;
  /** null: the socket alone. */
  readonly address: AdminAddress | null;
  /** The node of this machine, by its own options. */
  readonly isOwn: boolean;
  /** Why another node than the one that is meant may listen there: what names its place can't be read. null: it is named. */
  readonly doubt: string | null;
}

/** Nobody can say where the node is. */
export function unknownTarget(doubt: string): AdminTarget {
  return { socket: null, address: null, isOwn: false, doubt };
}

/** For a question whose answer does no harm where it comes from another node. */
export function bestGuess(target: AdminTarget): AdminTarget {
  return target.socket === null && target.address === null ? target : { ...target, doubt: null };
}

/** @param text as in --admin; @returns null unless an absolute path stands behind `unix:` */
export function socketTarget(text: string): AdminTarget | null {
  const socket = text.slice(UNIX.length).replace(/^\/\/(?=\/)/, '');
  if (!text.startsWith(UNIX) || !/^\/[^\0]+$/.test(socket)) return null;
  return { socket, address: null, isOwn: false, doubt: null };
}

/** For people, and for the client. */
export function formatTarget({ socket, address }: AdminTarget): string {
  if (address !== null) return hostPort(address.host, address.port);
  return socket === null ? 'unknown' : UNIX + socket;
}

/** @returns as `formatTarget`: the socket where one can be asked there */
export async function reachableAt(target: AdminTarget): Promise<string> {
  const { socket, address } = target;
  const hasSocket = socket !== null && address !== null && (await whyNotAnswered(socket)) === null;
  return hasSocket ? UNIX + socket : formatTarget(target);
}
