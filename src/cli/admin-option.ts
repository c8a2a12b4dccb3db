import { InvalidArgumentError, Option } from 'commander';
import { AdminClient } from '../admin/client.js';
import { AdminClientError } from '../admin/client-error.js';
import { OPTIONS } from '../config/options.js';
import { RefusedText } from '../config/text-readers.js';
import { isLoopback } from '../core/networks.js';
import { reasonOf } from '../core/thrown.js';
import { type AdminTarget, formatTarget, reachableAt, socketTarget } from './admin-target.js';
import { CommandFailure } from './exit-codes.js';
import type { AdminTokenFile, NodeDefaults } from './node-options.js';

/** `--admin ADDR:PORT`, for every command that asks a node. */
export function adminOption({ admin }: NodeDefaults): Option {
  const place = formatTarget(admin);
  const isEither = admin.socket !== null && admin.address !== null;
  return new Option('--admin <ADDR:PORT>', 'the admin API of the node; unix:/PATH is a socket')
    .argParser(readTarget)
    .default(admin, isEither ? `its admin socket, else ${place}` : place);
}

/** `--admin-token-file FILE`, beside `--admin`. */
export function adminTokenOption({ adminTokenFile }: NodeDefaults): Option {
  return new Option('--admin-token-file <FILE>', 'file with the token that the node asks for at ADDR:PORT')
    .argParser((path): AdminTokenFile => ({ path, isFor: 'every node', isDemanded: true }))
    .default(adminTokenFile, adminTokenFile?.path ?? 'none');
}

export interface AdminOptionValues {
  readonly admin: AdminTarget;
  readonly adminTokenFile: AdminTokenFile | null;
}

/** The node asks for a token, and got none or a wrong one. */
export class TokenRefused extends CommandFailure {}

/** What has to be known before a node can be asked is not: none was asked. */
export class NodeNotAsked extends CommandFailure {}

/** Asks a node, and turns what goes wrong into words with an exit code. */
export async function askNode<T>(
  options: AdminOptionValues,
  ask: (client: AdminClient) => Promise<T>,
  by?: string,
): Promise<T> {
  const { client, token } = await connectTo(options, by);
  try {
    return await ask(client);
  } catch (error) {
    if (!(error instanceof AdminClientError)) throw error;
    throw error.status === 401 ? refusedFor(client.address, token) : new CommandFailure(error.message, error.hint);
  } finally {
    client.close();
  }
}

/**
 * A client for one node, for who asks several times; `askNode` is for all others.
 * @throws NodeNotAsked when its place or its token cannot be read
 */
export async function connectTo(options: AdminOptionValues, by?: string, timeoutMs?: number): Promise<Connected> {
  const { doubt } = options.admin;
  if (doubt !== null) {
    const message = `where the admin API of this machine's node is, cannot be read: ${doubt}`;
    throw new NodeNotAsked(message, 'mend that, or name the node: --admin ADDR:PORT or --admin unix:/PATH');
  }
  const address = await reachableAt(options.admin);
  const token = await tokenFor(address, options);
  const client = new AdminClient({
    address,
    ...(by === undefined ? {} : { by }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(token.text === null ? {} : { token: token.text }),
  });
  return { client, token };
}

interface Connected {
  readonly client: AdminClient;
  readonly token: Token;
}

interface Token {
  readonly text: string | null;
  /** Why the named file gives no token, or from which file the token is. */
  readonly about: string | null;
}

/** @throws NodeNotAsked when the one that somebody named for this command cannot be read */
async function tokenFor(place: string, { admin, adminTokenFile }: AdminOptionValues): Promise<Token> {
  // The socket asks for none; another node must not get what is for this one.
  if (place.startsWith('unix:') || adminTokenFile === null) return { text: null, about: null };
  const isOwn = admin.isOwn || (admin.address !== null && isLoopback(admin.address.host));
  const { path, isFor, isDemanded } = adminTokenFile;
  if (isFor === 'own node' && !isOwn) return { text: null, about: `that of ${path} is for the node of this machine` };
  try {
    // Loaded here: a health check, which starts every few seconds, seldom has a token.
    const { readAdminTokens } = await import('../admin/admin-token.js');
    const [text = null] = await readAdminTokens(path);
    return { text, about: path };
  } catch (error) {
    if (isDemanded) throw new NodeNotAsked(reasonOf(error), 'name a file with the token of the node');
    return { text: null, about: reasonOf(error) };
  }
}

function refusedFor(place: string, { text, about }: Token): TokenRefused {
  const said = `the node at ${place} ${text === null ? 'asks for its admin token' : `does not take the admin token of ${about}`}`;
  const message = text === null && about !== null ? `${said}; ${about}` : said;
  return new TokenRefused(
    message,
    'name a file with its token: --admin-token-file FILE or AUTOPROXY_ADMIN_TOKEN_FILE; ' +
      'on the machine of the node its admin socket asks for none: --admin unix:/PATH',
  );
}

function readTarget(text: string): AdminTarget {
  const socket = socketTarget(text);
  if (socket !== null) return socket;
  const address = OPTIONS.admin.read(text, '/');
  if (!(address instanceof RefusedText)) return { socket: null, address, isOwn: false, doubt: null };
  const { message, hint } = address.refusal;
  throw new InvalidArgumentError(`It ${message.replace(/^".*?" /, '')}; ${hint}, or unix:/PATH.`);
}
