/** Each key of a snapshot does what it is for: with one value this is seen, with another that. A key without a row does not compile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlotSnapshot, Snapshot } from '../../src/snapshot/snapshot.js';
import { eventually } from '../support/eventually.js';
import { instanceOf } from '../support/node/snapshots.js';
import {
  GET,
  HEADER,
  lineAt,
  markIn,
  OUTSIDE,
  SLOT_LOOKS,
  seenByNeighbor,
  startWorld,
  statusOf,
  type World,
} from './slot-looks.js';

/** What is looked at, and what is seen with each value. */
type Row<Part> = readonly [
  look: (world: World) => Promise<unknown>,
  ...seen: (readonly [value: Part, expected: unknown])[],
];

const SLOT: {
  readonly [Key in Exclude<keyof SlotSnapshot, 'timeouts' | 'slowStartMs' | 'port'>]: Row<Partial<SlotSnapshot>>;
} = {
  app: [SLOT_LOOKS.app, [{ app: 'shop' }, 'shop'], [{ app: 'bank' }, 'bank']],
  protocol: [SLOT_LOOKS.protocol, [{ protocol: 'http' }, ''], [{ protocol: 'tcp' }, 'not HTTP\r\n\r\n']],
  internal: [SLOT_LOOKS.internal, [{ internal: false }, 200], [{ internal: true }, 403]],
  accessLog: [SLOT_LOOKS.accessLog, [{ accessLog: true }, 1], [{ accessLog: false }, 0]],
  logSample: [SLOT_LOOKS.logSample, [{ logSample: 1 }, 4], [{ logSample: 2 }, 2], [{ logSample: 4 }, 1]],
  trace: [SLOT_LOOKS.trace, [{ trace: false }, undefined], [{ trace: true }, 'traceparent: '.length + 55]],
  requestIdField: [
    SLOT_LOOKS.requestIdField,
    [{ requestIdField: null }, undefined],
    [{ requestIdField: 'X-Request-ID' }, 'X-Request-ID: '.length + 36],
  ],
  hostFilter: [
    SLOT_LOOKS.hostFilter,
    [{ hostFilter: null }, 200],
    [{ hostFilter: 'a' }, 200],
    [{ hostFilter: 'b' }, 503],
  ],
  acceptProxy: [
    SLOT_LOOKS.acceptProxy,
    [{ acceptProxy: true, trustedProxies: ['127.0.0.0/8'] }, [200, '198.51.100.7']],
    [{ acceptProxy: false }, [400, OUTSIDE]],
  ],
  trustedProxies: [
    SLOT_LOOKS.trustedProxies,
    [{ trustedProxies: [] }, 'X-Forwarded-Proto: http'],
    [{ trustedProxies: [`${OUTSIDE}/32`] }, 'X-Forwarded-Proto: https'],
  ],
  sendProxy: [
    SLOT_LOOKS.sendProxy,
    [{ sendProxy: 'none' }, 'GET /'],
    [{ sendProxy: 'v1' }, 'PROXY'],
    [{ sendProxy: 'v2' }, '\r\n\r\n\0'],
  ],
  balance: [SLOT_LOOKS.balance, [{ balance: 'roundrobin' }, 2], [{ balance: 'source' }, 1]],
  reuse: [SLOT_LOOKS.reuse, [{ reuse: 'safe' }, 1], [{ reuse: 'never' }, 3]],
  retries: [SLOT_LOOKS.retries, [{ retries: 0 }, [200, 503]], [{ retries: 1 }, [200, 200]]],
  limits: [
    SLOT_LOOKS.limits,
    [{ limits: { connections: 0, queue: 0 } }, 200],
    [{ limits: { connections: 1, queue: 0 } }, 503],
    [{ limits: { connections: 2, queue: 0 } }, 200],
  ],
  maxClients: [SLOT_LOOKS.maxClients, [{ maxClients: 0 }, 0], [{ maxClients: 1 }, 1], [{ maxClients: 3 }, 0]],
  sticky: [SLOT_LOOKS.sticky, [{ sticky: null }, undefined], [{ sticky: { cookie: 'S', key: 'secret' } }, 'S']],
  instances: [SLOT_LOOKS.instances, [{}, 200], [{ instances: [] }, 503]],
  neighbors: [SLOT_LOOKS.neighbors, [{}, ['GET', 1]]],
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
  gone: [
    async ({ plane, instance }) => {
      const told = plane.snapshot.gone ?? [];
      await plane.change({ instances: [instanceOf(instance, { life: 'one' })] }, { gone: [] });
      const client = await plane.connect(OUTSIDE);
      client.write(GET.replace('/', '/unanswered'));
      await (await instance.connection(0)).until((text) => text !== '');
      await plane.change({ instances: [] }, { gone: told });
      if (told.length > 0) return (await client.response()).status;
      return plane.counters.inFlight;
    },
    [{ gone: [] }, 1],
    [{ gone: [{ life: 'one', host: null }] }, 502],
  ],
};

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
