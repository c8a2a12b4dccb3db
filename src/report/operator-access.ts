/** Where operators and their tools reach the node: the admin API at its port and its socket, and the stats socket. */
import { AdminTokens } from '../admin/admin-tokens.js';
import { startStatsSocket } from '../admin/haproxy/stats-socket.js';
import { startAdminServer } from '../admin/server.js';
import { findPortHolder } from '../cluster/port-holder.js';
import { adminSocketOf } from '../config/admin-socket.js';
import type { Config } from '../config/config.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { hostPort, isLoopback } from '../core/networks.js';
import type { LocalNode } from './local-node.js';

interface OperatorAccessOptions {
  readonly config: Config;
  readonly node: LocalNode;
  /** null: nothing can be written there. */
  readonly stateDirectory: string | null;
  readonly clock: Clock;
  readonly log: Log;
}

interface Closing {
  close(): Promise<void>;
}

export class OperatorAccess {
  readonly #tokens: AdminTokens | null;
  readonly #servers: readonly Closing[];

  /** Resolves when all listen. @throws Error that says what to do */
  static async open(options: OperatorAccessOptions): Promise<OperatorAccess> {
    const { config, clock, log } = options;
    const file = config.adminTokenFile;
    const tokens = file === null ? null : await AdminTokens.open({ file, clock, log });
    const servers: Closing[] = [];
    try {
      servers.push(await startAdmin(options, tokens));
      if (config.statsSocket !== null) servers.push(await startStats(options, config.statsSocket));
      return new OperatorAccess(tokens, servers);
    } catch (error) {
      tokens?.stop();
      await Promise.all(servers.map((server) => server.close()));
      throw error;
    }
  }

  private constructor(tokens: AdminTokens | null, servers: readonly Closing[]) {
    this.#tokens = tokens;
    this.#servers = servers;
  }

  /** Reads the tokens again. */
  refresh(): void {
    this.#tokens?.refresh();
  }

  async close(): Promise<void> {
    this.#tokens?.stop();
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}

function startAdmin({ config, node, stateDirectory, clock, log }: OperatorAccessOptions, tokens: AdminTokens | null) {
  const { admin: address, adminSocketMode: mode, adminSocketOwner: owner } = config;
  if (tokens === null && !isLoopback(address.host)) {
    log.warn(
      { address: hostPort(address.host, address.port) },
      'the admin API listens beyond this machine without a token: who reaches it can read it, and can change nothing; ' +
        'give --admin-token-file FILE, or leave --admin on loopback',
    );
  }
  const place = adminSocketOf(config);
  const hasPlace = place !== null && (stateDirectory !== null || !place.isDefault);
  // Who names an owner wants the socket.
  const isDefault = place?.isDefault === true && owner === null;
  const socket = hasPlace ? { path: place.path, isDefault, mode, owner, option: '--admin-socket' } : null;
  return startAdminServer({ node, address, socket, tokens, hostNames: [config.node], findPortHolder, clock, log });
}

function startStats({ config, node, clock }: OperatorAccessOptions, path: string) {
  const { statsSocketMode: mode, statsSocketOwner: owner } = config;
  return startStatsSocket(node, { path, mode, owner, option: '--stats-socket' }, clock);
}
