/** Each key of a snapshot does what it is for: with one value this is seen, with another that. A key without a row does not compile. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BLEED_MARK_NAME } from '../../src/http1/fields.js';
import type { SlotSnapshot, Snapshot } from '../../src/snapshot/snapshot.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/plane.js';
import type { RawResponse } from '../support/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../support/scripted-instance.js';
import { instanceOf, neighborOf } from '../support/snapshots.js';

const OUTSIDE = ownAddress();
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

interface World {
  readonly context: TestContext;
  readonly plane: TestPlane;
  readonly instance: ScriptedInstance;
  /** Asks on a connection of its own, from OUTSIDE. */
  readonly ask: (text?: string) => Promise<RawResponse>;
}

/** What is looked at, and what is seen with each value. */
type Row<Part> = readonly [
  look: (world: World) => Promise<unknown>,
  ...seen: (readonly [value: Part, expected: unknown])[],
];

async function statusOf({ ask }: World): Promise<number> {
  return (await ask()).status;
}

/** What the instance got of a request is its answer's body. */
async function lineAt({ ask }: World, name: string, fields = ''): Promise<string | null> {
  const { body } = await ask(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  return body.split('\r\n').find((line) => line.toLowerCase().startsWith(`${name}:`)) ?? null;
}

/** The first bytes that somebody gets on the port of the slot at another address, whom the node bleeds to. */
async function seenByNeighbor({ context, plane }: World, header = ''): Promise<string> {
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

function markIn(received: string): string {
  return new RegExp(`${BLEED_MARK_NAME}: ([^\\r]*)`, 'i').exec(received)?.[1] ?? '';
}

const HEADER = 'PROXY TCP4 198.51.100.7 192.0.2.1 40000 80\r\n';

const SLOT: {
  readonly [Key in Exclude<keyof SlotSnapshot, 'timeouts' | 'slowStartMs' | 'port'>]: Row<Partial<SlotSnapshot>>;
} = {
  app: [
    async (world) => {
      await world.ask();
      return / (\w+)\/127/.exec(world.plane.accessLog[0] ?? '')?.[1];
    },
    [{ app: 'shop' }, 'shop'],
    [{ app: 'bank' }, 'bank'],
  ],
  protocol: [
    async ({ plane, instance }) => {
      const client = await plane.connect(OUTSIDE);
      client.write('not HTTP\r\n\r\n');
      await eventually('somebody answers', () => client.text !== '');
      return instance.received;
    },
    [{ protocol: 'http' }, ''],
    [{ protocol: 'tcp' }, 'not HTTP\r\n\r\n'],
  ],
  internal: [statusOf, [{ internal: false }, 200], [{ internal: true }, 403]],
  accessLog: [
    async (world) => {
      await world.ask();
      return world.plane.accessLog.length;
    },
    [{ accessLog: true }, 1],
    [{ accessLog: false }, 0],
  ],
  hostFilter: [statusOf, [{ hostFilter: null }, 200], [{ hostFilter: 'a' }, 200], [{ hostFilter: 'b' }, 503]],
  acceptProxy: [
    async ({ plane, ask }) => {
      const { status } = await ask(HEADER + GET);
      return [status, plane.accessLog[0]?.split(':')[0]];
    },
    [{ acceptProxy: true, trustedProxies: ['127.0.0.0/8'] }, [200, '198.51.100.7']],
    [{ acceptProxy: false }, [400, OUTSIDE]],
  ],
  trustedProxies: [
    (world) => lineAt(world, 'x-forwarded-proto', 'X-Forwarded-Proto: https\r\n'),
    [{ trustedProxies: [] }, 'X-Forwarded-Proto: http'],
    [{ trustedProxies: [`${OUTSIDE}/32`] }, 'X-Forwarded-Proto: https'],
  ],
  sendProxy: [
    async ({ plane, instance }) => {
      (await plane.connect(OUTSIDE)).write(GET);
      await (await instance.connection(0)).until((text) => text.endsWith('\r\n\r\n') && text.includes('GET'));
      return instance.received.slice(0, 5);
    },
    [{ sendProxy: 'none' }, 'GET /'],
    [{ sendProxy: 'v1' }, 'PROXY'],
    [{ sendProxy: 'v2' }, '\r\n\r\n\0'],
  ],
  balance: [
    async ({ context, plane, instance, ask }) => {
      const other = await ScriptedInstance.start(context, answering(okResponse('other')));
      await plane.change({ instances: [instanceOf(instance), instanceOf(other)] });
      for (let turn = 0; turn < 4; turn += 1) await ask();
      return [instance, other].filter(({ connections }) => connections.length > 0).length;
    },
    [{ balance: 'roundrobin' }, 2],
    [{ balance: 'source' }, 1],
  ],
  reuse: [
    async ({ instance, ask }) => {
      for (let turn = 0; turn < 3; turn += 1) await ask();
      return instance.connections.length;
    },
    [{ reuse: 'safe' }, 1],
    [{ reuse: 'never' }, 3],
  ],
  retries: [
    async ({ plane, instance, ask }) => {
      const host = ownAddress();
      const dead = instanceOf({ host, port: await freePort(host) });
      await plane.change({ instances: [dead, instanceOf(instance)] });
      // Each of them has its turn.
      return [(await ask()).status, (await ask()).status].sort();
    },
    [{ retries: 0 }, [200, 503]],
    [{ retries: 1 }, [200, 200]],
  ],
  limits: [
    async ({ plane, instance, ask }) => {
      (await plane.connect(OUTSIDE)).write(GET.replace('/', '/unanswered'));
      await (await instance.connection(0)).until((text) => text !== '');
      return (await ask()).status;
    },
    [{ limits: { connections: 0, queue: 0 } }, 200],
    [{ limits: { connections: 1, queue: 0 } }, 503],
    [{ limits: { connections: 2, queue: 0 } }, 200],
  ],
  maxClients: [
    async ({ plane, ask }) => {
      await plane.connect(OUTSIDE);
      await eventually('it is accepted', () => plane.counters.connections === 1);
      if (plane.slot.maxClients !== 1) await ask();
      return plane.counters.clientLimitReached;
    },
    [{ maxClients: 0 }, 0],
    [{ maxClients: 1 }, 1],
    [{ maxClients: 3 }, 0],
  ],
  sticky: [
    async ({ ask }) => (await ask()).fields.get('set-cookie')?.split('=')[0],
    [{ sticky: null }, undefined],
    [{ sticky: { cookie: 'S', key: 'secret' } }, 'S'],
  ],
  instances: [statusOf, [{}, 200], [{ instances: [] }, 503]],
  neighbors: [
    async (world) => [(await seenByNeighbor(world)).slice(0, 3), world.plane.counters.bled],
    [{}, ['GET', 1]],
  ],
};

const NODE: { readonly [Key in Exclude<keyof Snapshot, 'slots' | 'revision' | 'bind'>]: Row<Partial<Snapshot>> } = {
  node: [async (world) => markIn(await seenByNeighbor(world)), [{ node: 'x' }, 'x'], [{ node: 'y' }, 'y']],
  nodeId: [
    async ({ plane }) => {
      const client = await plane.connectHealth();
      client.write(GET);
      return [...(await client.response()).fields.values()].includes('id-7');
    },
    [{ nodeId: 'id-7' }, true],
    [{ nodeId: 'id-8' }, false],
  ],
  stopping: [
    async ({ plane, ask }) => {
      const client = await plane.connectHealth();
      client.write(GET.replace('/', '/health'));
      return [(await client.response()).status, (await ask()).fields.get('connection')];
    },
    [{ stopping: false }, [200, undefined]],
    [{ stopping: true }, [503, 'close']],
  ],
  peers: [
    async ({ plane }) => {
      await plane.change({ protocol: 'tcp' });
      await plane.connect(OUTSIDE);
      await eventually('it is accepted', () => plane.counters.connections === 1);
      return plane.counters.bledIn;
    },
    [{ peers: [] }, 0],
    [{ peers: [OUTSIDE] }, 1],
  ],
  podKeys: [
    async (world) => markIn(await seenByNeighbor(world)).split(';').length,
    [{ podKeys: [] }, 1],
    [{ podKeys: ['a-key'] }, 3],
  ],
  internalNetworks: [
    async (world) => {
      await world.plane.change({ internal: true });
      return statusOf(world);
    },
    [{ internalNetworks: ['10.0.0.0/8'] }, 403],
    [{ internalNetworks: [`${OUTSIDE}/32`] }, 200],
  ],
  neighborProxy: [
    async (world) => {
      await world.plane.change({ acceptProxy: true, trustedProxies: ['127.0.0.0/8'] });
      return (await seenByNeighbor(world, HEADER)).slice(0, 5);
    },
    [{ neighborProxy: 'v1' }, 'PROXY'],
    [{ neighborProxy: 'v2' }, '\r\n\r\n\0'],
  ],
  via: [(world) => lineAt(world, 'via'), [{ via: false }, null], [{ via: true }, 'Via: 1.1 autoproxy']],
  head: [
    async ({ ask }) => [
      (await ask(`GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\n\r\n`)).status,
      (await ask(GET.replace('/', `/${'a'.repeat(600)}`))).status,
    ],
    [{ head: { maxBytes: 16_384, maxFields: 100 } }, [200, 200]],
    [{ head: { maxBytes: 500, maxFields: 100 } }, [200, 414]],
    [{ head: { maxBytes: 16_384, maxFields: 2 } }, [431, 200]],
  ],
};

async function startWorld(
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

/** `timeouts` and `slowStartMs` have files of their own: timeouts, slow-start. */
for (const [key, [look, ...seen]] of Object.entries(SLOT)) {
  for (const [slot, expected] of seen) {
    test(`slot, ${key}: ${JSON.stringify(slot)}`, async (context) => {
      assert.deepEqual(await look(await startWorld(context, slot, {})), expected);
    });
  }
}

for (const [key, [look, ...seen]] of Object.entries(NODE)) {
  for (const [snapshot, expected] of seen) {
    test(`node, ${key}: ${JSON.stringify(snapshot)}`, async (context) => {
      assert.deepEqual(await look(await startWorld(context, {}, snapshot)), expected);
    });
  }
}
