import path from 'node:path';
import type { Config } from '../config/config.js';
import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { BackupsFile } from '../neighbors/backups-file.js';
import { DnsNeighbors } from '../neighbors/dns.js';
import { ListedNeighbors } from '../neighbors/list.js';
import type { NeighborSource } from '../neighbors/neighbor-source.js';

/** Where the nodes of the pod are listed: what was said on purpose goes before what was found. */
export function nodeAddressesFrom(
  config: Config,
  consul: NeighborSource | null,
  { clock, random, log }: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): NeighborSource[] {
  if (config.neighbors.length > 0) return [new ListedNeighbors(config.neighbors)];
  if (config.backups !== null) return [new DnsNeighbors({ name: config.backups, clock, random, log })];
  if (consul !== null) return [consul];
  return [new BackupsFile({ file: path.join(config.servicesDir, 'backups.txt'), clock, log })];
}
