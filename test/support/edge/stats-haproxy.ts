/** A real HAProxy with the apps of a node, for its statistics and its words. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort, ownAddress } from '../addresses.js';
import { type Ending, temporaryFolder } from '../at-end.js';
import { eventually } from '../eventually.js';
import { askSocket } from '../traffic/socket-question.js';
import { runHaproxy } from './haproxy-process.js';
import { haproxyOfVersion, type TestedVersion } from './haproxy-versions.js';

/** An app as lines of HAProxy's configuration: `listen NAME`, with the servers that follow. */
export interface StatsApp {
  readonly name: string;
  /** The only host that its backend gets. */
  readonly host?: string;
  /** Timeouts and rules of its frontend. */
  readonly frontend?: readonly string[];
  /** `option httpchk ...`, `balance ...`. */
  readonly lines: readonly string[];
  readonly servers: readonly { readonly name: string; readonly address: string; readonly words: string }[];
}

export interface StatsHaproxy {
  readonly socket: string;
  /** Where the first app listens. */
  readonly host: string;
  readonly port: number;
  /** Of the page with the statistics. */
  readonly page: string;
  ask(line: string): Promise<string>;
}

export async function startStatsHaproxy(
  context: Ending,
  version: TestedVersion,
  apps: readonly StatsApp[],
): Promise<StatsHaproxy> {
  const folder = temporaryFolder(context, 'stats-haproxy');
  const socket = path.join(folder, 'haproxy.sock');
  const host = ownAddress();
  const pagePort = await freePort(host);
  const ports = await Promise.all(apps.map(() => freePort(host)));
  const text = [
    'global',
    '  nbthread 1',
    `  stats socket ${socket} mode 600 level admin`,
    '  node test-node',
    'defaults',
    '  mode http',
    '  timeout connect 2s',
    '  timeout client 20s',
    '  timeout server 20s',
    '  timeout check 10s',
    ...apps.flatMap(({ name, host: served, frontend = [], lines, servers }, index) => [
      `frontend ${name}`,
      `  bind ${host}:${ports[index]}`,
      ...frontend.map((line) => `  ${line}`),
      served === undefined ? `  default_backend ${name}` : `  use_backend ${name} if { hdr(host) -i ${served} }`,
      `backend ${name}`,
      ...lines.map((line) => `  ${line}`),
      ...servers.map((server) => `  server ${server.name} ${server.address} ${server.words}`),
    ]),
    'frontend stats',
    `  bind ${host}:${pagePort}`,
    '  stats enable',
    '  stats uri /',
    '',
  ].join('\n');
  const file = path.join(folder, 'haproxy.cfg');
  await writeFile(file, text);
  await runHaproxy(context, { program: haproxyOfVersion(version), file, awaited: { host, port: pagePort } });
  // It has its name a moment after the ports are bound.
  await eventually('its socket is there', () => existsSync(socket));
  const ask = (line: string): Promise<string> => askSocket(socket, `${line}\n`);
  return { socket, host, port: ports[0] ?? 0, page: `http://${host}:${pagePort}`, ask };
}
