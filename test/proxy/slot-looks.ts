/** How it shows, in a data plane with one slot and one instance, which value a key of the slot has. */
import type { TestContext } from 'node:test';
import { BLEED_MARK_NAME } from '../../src/http1/fields.js';
import type { SlotSnapshot, Snapshot } from '../../src/snapshot/snapshot.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf, neighborOf } from '../support/node/snapshots.js';
import type { RawResponse } from '../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

export const OUTSIDE = ownAddress();
export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

export interface World {
  readonly context: TestContext;
  readonly plane: TestPlane;
  readonly instance: ScriptedInstance;
  /** Asks on a connection of its own, from OUTSIDE. */
  readonly ask: (text?: string) => Promise<RawResponse>;
}

/** Brings about what the key is for. @returns what is seen */
type Look = (world: World) => Promise<unknown>;

export async function statusOf({ ask }: World): Promise<number> {
  return (await ask()).status;
}

/** What the instance got of a request is its answer's body. */
export async function lineAt({ ask }: World, name: string, fields = ''): Promise<string | null> {
  const { body } = await ask(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  return body.split('\r\n').find((line) => line.toLowerCase().startsWith(`${name}:`)) ?? null;
}

/** The first bytes that somebody gets on the port of the slot at another address, whom the node bleeds to. */
export async function seenByNeighbor({ context, plane }: World, header = ''): Promise<string> {
  const address = { host: ownAddress(), port: plane.port };
  const neighbor = await ScriptedInstance.start(
    context,
    (connection) => {
      connection.socket.once('data', () => connection.write(okResponse('bled')));
    },
    address,
  );
  await plane.change({ instances: [], neighbors: [neighborOf(neighbor.host, { node: 'id-of-neighbor' })] });
  const client = await plane.connect(OUTSIDE);
  client.write(header + GET);
  await client.response();
  return neighbor.received;
}

export function markIn(received: string): string {
  return new RegExp(`${BLEED_MARK_NAME}: ([^\\r]*)`, 'i').exec(received)?.[1] ?? '';
}

export const HEADER = 'PROXY TCP4 198.51.100.7 192.0.2.1 40000 80\r\n';

export const SLOT_LOOKS = {
  app: async (world) => {
    await world.ask();
    return / (\w+)\/127/.exec(world.plane.accessLog[0] ?? '')?.[1];
  },
  protocol: async ({ plane, instance }) => {
    const client = await plane.connect(OUTSIDE);
    client.write('not HTTP\r\n\r\n');
    await eventually('somebody answers', () => client.text !== '');
    return instance.received;
  },
  internal: statusOf,
  accessLog: async (world) => {
    await world.ask();
    return world.plane.accessLog.length;
  },
  logSample: async (world) => {
    for (let turn = 0; turn < 4; turn += 1) await world.ask();
    return world.plane.accessLog.length;
  },
  trace: async (world) => (await lineAt(world, 'traceparent'))?.length,
  requestIdField: async (world) => (await lineAt(world, 'x-request-id'))?.length,
  hostFilter: statusOf,
  acceptProxy: async ({ plane, ask }) => {
    const { status } = await ask(HEADER + GET);
    return [status, plane.accessLog[0]?.split(':')[0]];
  },
  trustedProxies: (world) => lineAt(world, 'x-forwarded-proto', 'X-Forwarded-Proto: https\r\n'),
  sendProxy: async ({ plane, instance }) => {
    (await plane.connect(OUTSIDE)).write(GET);
    await (await instance.connection(0)).until((text) => text.endsWith('\r\n\r\n') && text.includes('GET'));
    return instance.received.slice(0, 5);
  },
  balance: async ({ context, plane, instance, ask }) => {
    const other = await ScriptedInstance.start(context, answering(okResponse('other')));
    await plane.change({ instances: [instanceOf(instance), instanceOf(other)] });
    for (let turn = 0; turn < 4; turn += 1) await ask();
    return [instance, other].filter(({ connections }) => connections.length > 0).length;
  },
  reuse: async ({ instance, ask }) => {
    for (let turn = 0; turn < 3; turn += 1) await ask();
    return instance.connections.length;
  },
  retries: async ({ plane, instance, ask }) => {
    const host = ownAddress();
    const dead = instanceOf({ host, port: await freePort(host) });
    await plane.change({ instances: [dead, instanceOf(instance)] });
    // Each of them has its turn.
    return [(await ask()).status, (await ask()).status].sort();
  },
  limits: async ({ plane, instance, ask }) => {
    (await plane.connect(OUTSIDE)).write(GET.replace('/', '/unanswered'));
    await (await instance.connection(0)).until((text) => text !== '');
    return (await ask()).status;
  },
  maxClients: async ({ plane, ask }) => {
    await plane.connect(OUTSIDE);
    await eventually('it is accepted', () => plane.counters.connections === 1);
    if (plane.slot.maxClients !== 1) await ask();
    return plane.counters.clientLimitReached;
  },
  sticky: async ({ ask }) => (await ask()).fields.get('set-cookie')?.split('=')[0],
  instances: statusOf,
  neighbors: async (world) => [(await seenByNeighbor(world)).slice(0, 3), world.plane.counters.bled],
} as const satisfies { readonly [Key in Exclude<keyof SlotSnapshot, 'timeouts' | 'slowStartMs' | 'port'>]: Look };

export async function startWorld(
  context: TestContext,
  slot: Partial<SlotSnapshot>,
  snapshot: Partial<Snapshot>,
): Promise<World> {
  const echo = answering((head) => (head.includes('/unanswered') ? '' : okResponse(head)));
  const instance = await ScriptedInstance.start(context, echo);
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], ...slot },
    snapshot: { internalNetworks: ['10.0.0.0/8'], ...snapshot },
  });
  const ask = async (text = GET): Promise<RawResponse> => {
    const client = await plane.connect(OUTSIDE);
    client.write(text);
    const response = await client.response();
    client.close();
    return response;
  };
  return { context, plane, instance, ask };
}
