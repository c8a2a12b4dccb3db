import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { withFileGuard } from '../core/file-guard.js';
import { codeOf } from '../core/thrown.js';
import { acceptChannel, CAN_PASS_SOCKETS, connectChannel, type HandleChannel } from './handle-channel.js';
import { prepareRunDirectory, primarySocketOf } from './run-directory.js';
import { type FromPrimary, fromPrimary, type Holder, SUCCESSION_VERSION } from './succession.js';

/** How long a holder may take to say who it is; after that the directory counts as held by an unknown node. */
const ANSWER_DEADLINE_MS = 1_000;
const NOBODY = ['ENOENT', 'ECONNREFUSED'];

/** Another node that lives has this state directory. */
export class StateDirectoryHeld extends Error {
  constructor(directory: string, holder: Holder | null) {
    const who =
      holder === null
        ? 'a node that does not answer'
        : `node ${holder.node} (pid ${holder.pid}, admin API ${holder.admin})`;
    super(
      `${directory}, the state directory, is in use by ${who}: stop that node, or give this one a directory of its own ` +
        'with --state-dir DIR',
    );
    this.name = 'StateDirectoryHeld';
  }
}

interface StateClaimOptions {
  /** Of the run of this node, in its state directory. */
  readonly runDirectory: string;
  /** For messages. */
  readonly stateDirectory: string;
  readonly holder: Holder;
}

/**
 * The lock on a state directory: two nodes that write there would lose each other's decisions. The node that listens on the
 * socket in it holds it, and tells everybody who connects who it is. The kernel closes the socket when the process ends in
 * any way, so the lock is never left behind. Pids are not compared: in another container they have another meaning.
 *
 * The socket is the place, too, where workers that have lost their primary find the next one.
 */
export class StateClaim {
  readonly #server: Server;
  readonly #path: string;
  readonly #holder: Holder;
  #onPeer: (channel: HandleChannel) => void = (channel) => channel.close();
  /** Peers that came before `onPeer` was set. */
  #early: HandleChannel[] | null = [];

  /** @throws StateDirectoryHeld; what the file system says */
  static async take(options: StateClaimOptions): Promise<StateClaim> {
    const { runDirectory, stateDirectory, holder } = options;
    await prepareRunDirectory(runDirectory);
    const { path, address } = primarySocketOf(runDirectory);
    const claim = new StateClaim(path, holder);
    // Of two that start at the same time, one looks and listens before the other looks.
    await withFileGuard(path, async () => {
      await refuseHeld(address, stateDirectory);
      await rm(path, { force: true });
      await claim.#listen(address);
    });
    return claim;
  }

  constructor(path: string, holder: Holder) {
    this.#path = path;
    this.#holder = holder;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#onConnection(socket));
  }

  /** @param onPeer is given everybody who connects; most of them only want to know who is here, and go */
  onPeer(onPeer: (channel: HandleChannel) => void): void {
    this.#onPeer = onPeer;
    const early = this.#early ?? [];
    this.#early = null;
    for (const channel of early) onPeer(channel);
  }

  /** Another node may have the directory now. */
  async release(): Promise<void> {
    // Closing removes the socket's name.
    this.#server.close();
    await rm(this.#path, { force: true }).catch(() => undefined);
  }

  async #listen(address: string): Promise<void> {
    this.#server.listen(address);
    await once(this.#server, 'listening');
    this.#server.on('error', () => {});
    this.#server.unref();
  }

  #onConnection(socket: Socket): void {
    const channel = acceptChannel(socket);
    channel.send({
      type: 'primary',
      version: SUCCESSION_VERSION,
      takesSockets: CAN_PASS_SOCKETS,
      ...this.#holder,
    } satisfies FromPrimary);
    if (this.#early === null) this.#onPeer(channel);
    else this.#early.push(channel);
  }
}

/** @throws StateDirectoryHeld when a node listens there */
async function refuseHeld(address: string, stateDirectory: string): Promise<void> {
  let channel: HandleChannel;
  try {
    channel = await connectChannel(address);
  } catch (error) {
    if (NOBODY.includes(codeOf(error))) return;
    throw error;
  }
  const holder = await new Promise<Holder | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), ANSWER_DEADLINE_MS);
    const settle = (said: Holder | null): void => {
      clearTimeout(timer);
      resolve(said);
    };
    channel.read({
      onMessage: (message) => {
        const said = fromPrimary(message);
        if (said?.type === 'primary') settle(said);
      },
      onEnd: () => settle(null),
    });
  });
  channel.close();
  throw new StateDirectoryHeld(stateDirectory, holder);
}
