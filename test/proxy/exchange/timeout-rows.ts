/** What each key of `timeouts` is for: how it comes about, and how its end shows. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { ErrorCode } from '../../../src/core/errors.js';
import type { Timeouts } from '../../../src/model/app.js';
import type { SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { eventually, settledFigure } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { startDeafInstance } from '../../support/traffic/deaf-instance.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

export const FAR_MS = 900_000_000;
export const ALL_FAR: Timeouts = {
  requestHeadMs: FAR_MS,
  connectMs: FAR_MS,
  firstByteMs: FAR_MS,
  clientIdleMs: FAR_MS,
  upstreamIdleMs: FAR_MS,
  queueMs: FAR_MS,
  tunnelMs: FAR_MS,
  drainMs: FAR_MS,
};
/** Deadlines are looked at each 100 ms. */
const TICKS_MS = 200;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';

interface World {
  readonly clock: FakeClock;
  readonly plane: TestPlane;
  readonly instance: ScriptedInstance;
  /** Writes on a connection of its own. */
  readonly ask: (text: string) => Promise<RawConnection>;
}

export interface TimeoutRow {
  readonly what: string;
  readonly slot?: Partial<SlotSnapshot>;
  /** Brings about what the time is for. @returns the connection on which its end shows */
  readonly arrange: (world: World) => Promise<RawConnection>;
  /** What comes on that connection when the time is over: a status, or nothing before its end. */
  readonly outcome: number | 'closed';
  readonly error: ErrorCode | null;
  /** At this share of the time; at its end where nothing is said. */
  readonly share?: number;
}

async function occupied({ plane, instance, ask }: World, text: string): Promise<RawConnection> {
  await ask(text);
  await instance.connection(0);
  await eventually('it is under way', () => plane.counters.inFlight === 1);
  const waiting = await ask(text);
  await eventually('it waits', () => plane.counters.queued === 1);
  return waiting;
}

/** @returns both ends of a tunnel. */
async function openTunnel({ ask, instance, plane }: World, text: string): Promise<readonly RawConnection[]> {
  const client = await ask(text);
  const upstream = await instance.connection(0);
  if (text === UPGRADE) {
    await upstream.until((received) => received.endsWith('\r\n\r\n'));
    upstream.write(SWITCHED);
    await client.response();
  }
  await eventually('it is a tunnel', () => plane.counters.tunnels === 1);
  return [client, upstream];
}

/** Rows of an HTTP slot's tunnel and of a TCP slot, which has no other connections. */
function tunnelRows(key: 'tunnelMs' | 'drainMs', slot: Partial<SlotSnapshot>, text: string): TimeoutRow[] {
  const name = slot.protocol === 'tcp' ? 'a TCP connection' : 'a tunnel';
  if (key === 'drainMs') {
    const arrange = async (world: World): Promise<RawConnection> => {
      const client = only(await openTunnel(world, text), 0);
      await world.plane.change({ instances: [] });
      return client;
    };
    // The last tenth is for closing in order.
    return [{ what: `${name} of an instance that is gone`, slot, arrange, outcome: 'closed', error: null, share: 0.9 }];
  }
  const common = { slot, outcome: 'closed', error: 'TUNNEL_TIMEOUT' } as const;
  return [
    {
      ...common,
      what: `${name} on which nobody speaks`,
      arrange: async (world) => only(await openTunnel(world, text), 0),
    },
    ...[0, 1].map((side) => ({
      ...common,
      what: `${name} that ${side === 0 ? 'the client' : 'the instance'} has half closed`,
      arrange: async (world: World): Promise<RawConnection> => {
        const ends = await openTunnel(world, text);
        only(ends, side).socket.end();
        const other = only(ends, 1 - side);
        await other.ended();
        return only(ends, side);
      },
    })),
  ];
}

function only(ends: readonly RawConnection[], index: number): RawConnection {
  const end = ends[index];
  assert.ok(end !== undefined);
  return end;
}

const ONE_AT_A_TIME = { limits: { connections: 1, queue: 9 } };
const TCP = { protocol: 'tcp' } as const;

export const TIMEOUT_ROWS: Record<keyof Timeouts, readonly TimeoutRow[]> = {
  requestHeadMs: [
    { what: 'a client that says nothing', arrange: ({ ask }) => ask(''), outcome: 408, error: 'REQUEST_TIMEOUT' },
    {
      what: 'a head that does not end',
      arrange: ({ ask }) => ask('GET / HTTP/1.1\r\nHost: a\r\n'),
      outcome: 408,
      error: 'REQUEST_TIMEOUT',
    },
    {
      what: 'a second head that does not end',
      arrange: async ({ ask, instance }) => {
        const client = await ask(GET);
        await answer(instance, okResponse('ok'));
        await client.response();
        client.write('GET ');
        return client;
      },
      outcome: 408,
      error: 'REQUEST_TIMEOUT',
    },
  ],
  connectMs: ['http', 'tcp'].map((protocol) => ({
    what: `an instance that does not accept, ${protocol}`,
    slot: { protocol: protocol as 'http' | 'tcp', retries: 0 },
    arrange: async ({ plane, ask }) => {
      const client = await ask(protocol === 'http' ? GET : '');
      await eventually('it connects', () => Object.values(plane.counters.instances)[0]?.inFlight === 1);
      return client;
    },
    outcome: protocol === 'http' ? 503 : 'closed',
    error: 'CONNECT_TIMEOUT',
  })),
  firstByteMs: [
    {
      what: 'an instance that does not answer',
      arrange: async ({ ask, instance }) => {
        const client = await ask(GET);
        await (await instance.connection(0)).until((text) => text.endsWith('\r\n\r\n'));
        return client;
      },
      outcome: 504,
      error: 'RESPONSE_TIMEOUT',
    },
    {
      what: 'an instance whose response stops',
      arrange: async ({ ask, instance }) => {
        const client = await ask(GET);
        await answer(instance, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
        await client.until((text) => text.endsWith('half'));
        return client;
      },
      outcome: 'closed',
      error: 'RESPONSE_STALLED',
    },
  ],
  clientIdleMs: [
    {
      what: 'a client that asks no more',
      arrange: async ({ ask, instance }) => {
        const client = await ask(GET);
        await answer(instance, okResponse('ok'));
        await client.response();
        return client;
      },
      outcome: 'closed',
      error: null,
    },
    {
      what: 'a request whose body stops',
      arrange: async ({ ask, instance }) => {
        const client = await ask('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
        await (await instance.connection(0)).until((text) => text.endsWith('half'));
        return client;
      },
      outcome: 408,
      error: 'BODY_TIMEOUT',
    },
  ],
  upstreamIdleMs: [
    {
      what: 'a connection to an instance that nobody uses',
      arrange: async ({ ask, instance }) => {
        const client = await ask(GET);
        const upstream = await answer(instance, okResponse('ok'));
        await client.response();
        return upstream;
      },
      outcome: 'closed',
      error: null,
    },
  ],
  queueMs: [
    {
      what: 'a request that waits for an instance',
      slot: ONE_AT_A_TIME,
      arrange: (world) => occupied(world, GET),
      outcome: 503,
      error: 'QUEUE_TIMEOUT',
    },
    {
      what: 'a TCP connection that waits for an instance',
      slot: { ...ONE_AT_A_TIME, ...TCP },
      arrange: (world) => occupied(world, ''),
      outcome: 'closed',
      error: 'QUEUE_TIMEOUT',
    },
  ],
  tunnelMs: [...tunnelRows('tunnelMs', {}, UPGRADE), ...tunnelRows('tunnelMs', TCP, '')],
  drainMs: [
    ...tunnelRows('drainMs', {}, UPGRADE),
    ...tunnelRows('drainMs', TCP, ''),
    {
      what: 'a request of an app that is gone',
      arrange: async ({ ask, instance, plane }) => {
        const client = await ask(GET);
        await instance.connection(0);
        await plane.change({}, { slots: [] });
        return client;
      },
      outcome: 'closed',
      error: null,
    },
  ],
};

/** Answers the first request; what it was is taken. */
async function answer(instance: ScriptedInstance, response: string): Promise<RawConnection> {
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write(response);
  return upstream;
}

async function startWorld(context: TestContext, isDeaf: boolean, slot: Partial<SlotSnapshot>): Promise<World> {
  const clock = new FakeClock();
  const instance = await ScriptedInstance.start(context);
  const target = isDeaf ? await startDeafInstance(context) : instance;
  const plane = await TestPlane.start(context, {
    clock,
    // Tunnels of what drains end at a moment by chance; this is the latest.
    random: () => 1 - Number.EPSILON,
    slot: { instances: [instanceOf(target)], ...slot },
  });
  const ask = async (text: string): Promise<RawConnection> => {
    const client = await plane.connect();
    if (text !== '') client.write(text);
    await eventually('it is accepted', () => plane.counters.openConnections > 0);
    return client;
  };
  return { clock, plane, instance, ask };
}

/** Nothing happens before the time, and then what the row says. */
export async function assertEndsAfter(
  context: TestContext,
  { slot = {}, arrange, outcome, error, share = 1 }: TimeoutRow,
  timeMs: number,
  timeouts: Timeouts,
): Promise<void> {
  const world = await startWorld(context, error === 'CONNECT_TIMEOUT', { timeouts, ...slot });
  const counters = world.plane.counters;
  const watched = await arrange(world);
  const before = watched.text;
  await world.clock.advance(share * timeMs - TICKS_MS);
  assert.equal(await settledFigure(() => watched.text.length), before.length, 'nothing is said before the time');
  assert.ok(!watched.socket.readableEnded && !watched.socket.destroyed, 'nor is it closed');
  assert.deepEqual(counters.errors, {});
  await world.clock.advance(2 * TICKS_MS);
  await eventually('it is over', () =>
    outcome === 'closed'
      ? watched.socket.readableEnded || watched.socket.destroyed
      : watched.text.slice(before.length).startsWith(`HTTP/1.1 ${outcome} `),
  );
  if (outcome === 'closed') assert.equal(watched.text, before, 'without a word');
  if (error !== null) assert.deepEqual(counters.errors, { [error]: 1 });
  watched.close();
}
