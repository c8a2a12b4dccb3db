import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DEFAULT_FORMAT } from '../../../src/access-log/format/access-format.js';
import { FakeClock } from '../fake-clock.js';
import type { RawConnection } from '../traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../traffic/scripted-instance.js';
import { TestPlane } from './plane.js';
import { instanceOf } from './snapshots.js';

/** What is asked of a plane again and again, to count what each time costs. */
interface Work {
  readonly protocol: 'http' | 'tcp';
  /** @returns does it once */
  start(plane: TestPlane): Promise<() => Promise<void>>;
}

const HOT_FOLDERS = /\/dist\/src\/(?:access-log|proxy|http1|proxy-protocol|metrics)\/(.*)\.js$/;

/** @returns the name of a file of the hot path, as both budgets print it; null for another file */
export function hotFileOf(url: string): string | null {
  return HOT_FOLDERS.exec(url)?.[1] ?? null;
}

const GET = 'GET /small HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n';
const KILOBYTE = 'x'.repeat(1_024);
const POST = `POST /form HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${KILOBYTE.length}\r\n\r\n${KILOBYTE}`;

export const WORKS = {
  'a small GET on kept connections': { protocol: 'http', start: (plane) => keeping(plane, GET) },
  'a GET on a connection of its own': {
    protocol: 'http',
    async start(plane) {
      return async () => {
        const client = await plane.connect();
        await ask(client, GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
        await client.ended();
        client.socket.end();
        await once(client.socket, 'close');
        // The other end stands in this process too: some turns later it has heard of it.
        for (let turn = 0; turn < 5; turn += 1) await setImmediate();
      };
    },
  },
  'a POST of 1 KB': { protocol: 'http', start: (plane) => keeping(plane, POST) },
  'a message of 1 KB through a TCP slot': {
    protocol: 'tcp',
    async start(plane) {
      const client = await plane.connect();
      let bytes = 0;
      return async () => {
        bytes += KILOBYTE.length;
        client.write(KILOBYTE);
        await client.until((text) => text.length >= bytes);
      };
    },
  },
} satisfies Record<string, Work>;

async function keeping(plane: TestPlane, request: string): Promise<() => Promise<void>> {
  const client = await plane.connect();
  return () => ask(client, request);
}

async function ask(client: RawConnection, request: string): Promise<void> {
  client.write(request);
  assert.equal((await client.response()).status, 200);
}

/** A plane with one instance, which answers each request and sends back what comes through a TCP slot. */
export async function startWork(
  context: TestContext,
  { protocol, start }: Work,
  logFormat: string | null = DEFAULT_FORMAT,
): Promise<() => Promise<void>> {
  const answer = okResponse('x'.repeat(100));
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.on('data', (bytes: Buffer) => connection.write(protocol === 'tcp' ? bytes : answer));
  });
  // No timer of the plane runs beside the work.
  const slot = { protocol, instances: [instanceOf(instance)] };
  return start(await TestPlane.start(context, { clock: new FakeClock(), slot, logFormat }));
}

interface Case {
  readonly name: string;
  readonly work: Work;
  readonly most: number;
  /** Of the access log; null turns it off. */
  readonly format: string | null;
}

const SMALL = 'a small GET on kept connections';

/** Each work with the usual access log, and a small GET with each other one, or without. */
export function casesOf(
  most: Readonly<Record<keyof typeof WORKS, number>>,
  ofSmallByFormat: Readonly<Record<string, number>>,
): readonly Case[] {
  return [
    ...Object.entries<Work>(WORKS).map(([name, work]) => ({
      ...{ name, work, format: DEFAULT_FORMAT },
      most: most[name as keyof typeof WORKS],
    })),
    ...Object.entries(ofSmallByFormat).map(([format, most]) => ({
      ...{ name: `${SMALL}, access log ${format},`, work: WORKS[SMALL], most },
      format: format === 'off' ? null : format,
    })),
  ];
}
