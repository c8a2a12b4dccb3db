/** The three ways to a server: directly, through HAProxy 2.6, through a node. */
import { freePort, ownAddress } from '../support/addresses.js';
import type { Ending } from '../support/at-end.js';
import { startHaproxy } from '../support/edge/haproxy-process.js';
import { startNode } from '../support/node/node-process.js';
import { type RealServer, startServer } from './servers/real-server.js';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface Ways {
  readonly direct: Target;
  readonly haproxy: Target;
  readonly autoproxy: Target;
}

/** Starts the servers, one HAProxy and one node in front of all of them. @returns the ways by name of the server */
export async function startWays(context: Ending, servers: readonly RealServer[]): Promise<ReadonlyMap<string, Ways>> {
  const directs = await Promise.all(servers.map((server) => startServer(context, server)));
  const haproxys = await startFront(context, directs);
  const autoproxys = await startSlots(context, directs);
  return new Map(
    servers.map(({ name }, index) => {
      const [direct, haproxy, autoproxy] = [directs[index], haproxys[index], autoproxys[index]];
      if (direct === undefined || haproxy === undefined || autoproxy === undefined)
        throw new Error(`no way to ${name}`);
      return [name, { direct, haproxy, autoproxy }];
    }),
  );
}

/** HAProxy as the system before autoproxy configured it. */
async function startFront(context: Ending, directs: readonly Target[]): Promise<Target[]> {
  const host = ownAddress();
  const fronts = await targets(host, directs.length);
  const sections = directs.map(
    (direct, index) => `listen slot-${index}
  mode http
  option forwardfor except 127.0.0.0/8
  bind ${host}:${fronts[index]?.port}
  server one ${direct.host}:${direct.port}
`,
  );
  const [first] = fronts;
  if (first !== undefined) await startHaproxy(context, sections.join(''), first);
  return fronts;
}

async function startSlots(context: Ending, directs: readonly Target[]): Promise<Target[]> {
  const names = directs.map((_, index) => `app-${index}`);
  const host = ownAddress();
  const slots = await targets(host, directs.length);
  const services = directs.map(
    ({ host, port }, index) =>
      `${names[index]}: {protocol: HTTP, translated_port: ${slots[index]?.port}, instances: ["${host}:${port}"]}\n`,
  );
  const node = await startNode(context, () => ({ 'apps.yml': services.join('') }), { '--bind': host });
  await node.untilState(({ apps }) =>
    names.every((name) => apps.some((app) => app.name === name && app.instances[0]?.health === 'up')),
  );
  return slots;
}

/** Addresses with a free port each, and another one behind it. */
async function targets(host: string, count: number): Promise<Target[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = await freePort(host);
    if (!ports.has(port + 1) && !ports.has(port - 1)) ports.add(port);
  }
  return [...ports].map((port) => ({ host, port }));
}
