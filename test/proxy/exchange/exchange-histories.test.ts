/**
 * Any history of requests, answers, upgrades and clients that go or are killed, at two slots of which one changes, over
 * exchanges that are lent to one client after the other: each client gets the answers to its own requests, in their order,
 * each instance what one client of its slot said, and each slot its own counts and lines.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import type { Exchange } from '../../../src/proxy/exchange/exchange.js';
import type { ExchangeClient } from '../../../src/proxy/exchange/exchange-client.js';
import { ExchangePool } from '../../../src/proxy/exchange/exchange-pool.js';
import { atEnd } from '../../support/at-end.js';
import { eventually } from '../../support/eventually.js';
import { holds } from '../../support/properties.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';
import { CHANGED, slotOfClient, TwoSlots } from './two-slots.js';

const CLIENTS = 6;
/** Some turns of the event loop: the other ends stand in this process too. */
const TURNS = 6;

const ASKED = ['get', 'two', 'post', 'half', 'rest', 'upload', 'upgrade', 'broken', 'last'] as const;
const ANSWERED = ['ok', 'ok', 'ok', 'chunks', 'cut', 'close', 'bad', 'switch', 'open'] as const;
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      client: fc.nat({ max: CLIENTS - 1 }),
      what: fc.constantFrom(...ASKED),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat(), how: fc.constantFrom(...ANSWERED) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('leave' as const),
      client: fc.nat({ max: CLIENTS - 1 }),
      how: fc.constantFrom('reset', 'end'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), to: fc.constantFrom(...CHANGED) }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** Notes who has which exchange: one that was not given back is never lent again. */
function watchPool(context: TestContext): { taken: number; given: number } {
  const lent = new Map<Exchange, ExchangeClient>();
  const seen = { taken: 0, given: 0 };
  const { prototype } = ExchangePool;
  const { take, giveBack } = prototype;
  prototype.take = function (client) {
    const exchange = take.call(this, client);
    assert.ok(!lent.has(exchange), 'an exchange is lent to two clients');
    lent.set(exchange, client);
    seen.taken += 1;
    return exchange;
  };
  prototype.giveBack = function (exchange, client) {
    assert.equal(lent.get(exchange), client, 'a client gives back what it has');
    lent.delete(exchange);
    seen.given += 1;
    giveBack.call(this, exchange, client);
  };
  atEnd(context, () => Object.assign(prototype, { take, giveBack }));
  return seen;
}

/** One client after the other, at one address: what it asked for, and that it got nothing else. */
class Client {
  readonly address: string;
  readonly #context: TestContext;
  readonly #to: { readonly host: string; readonly port: number };
  readonly #number: number;
  #connection: RawConnection | null = null;
  /** Ids of this connection's requests. */
  #asked: string[] = [];
  #count = 0;
  /** The rest of a head that was begun. */
  #rest = '';

  /** @param ports of the slots */
  constructor(context: TestContext, host: string, ports: readonly number[], number: number) {
    this.#context = context;
    this.#to = { host, port: ports[slotOfClient(number)] ?? 0 };
    this.#number = number;
    this.address = `127.114.0.${number + 1}`;
  }

  async ask(what: (typeof ASKED)[number]): Promise<void> {
    const connection = await this.#open().catch(() => null);
    // Its slot is gone.
    if (connection === null) return;
    if (this.#rest !== '' || what === 'rest') {
      connection.write(this.#rest);
      this.#rest = '';
      if (what === 'rest') return;
    }
    const get = (fields = ''): string =>
      `GET ${this.#next()} HTTP/1.1\r\nHost: a\r\nX-Of: ${this.#number}\r\n${fields}\r\n`;
    const post = (length: number): string => get(`Content-Length: ${length}\r\n`).replace('GET', 'POST');
    switch (what) {
      case 'get':
        connection.write(get());
        break;
      case 'two':
        connection.write(get(`Cookie: of=${this.#number}\r\n`) + get());
        break;
      case 'post':
        connection.write(`${post(5)}hello`);
        break;
      case 'half': {
        const whole = get();
        connection.write(whole.slice(0, whole.length / 2));
        this.#rest = whole.slice(whole.length / 2);
        break;
      }
      case 'upload':
        connection.write(`${post(9)}half`);
        break;
      case 'upgrade':
        connection.write(get('Connection: upgrade\r\nUpgrade: websocket\r\n'));
        break;
      case 'broken':
        connection.write(get('Bad Name: x\r\n'));
        break;
      case 'last':
        connection.write(get('Connection: close\r\n'));
        break;
    }
  }

  leave(how: 'reset' | 'end'): void {
    if (how === 'end') this.#connection?.socket.end();
    else this.#forget();
  }

  /** The ids in its answers are a part of those that it asked for, in their order; a failure has none. */
  check(): void {
    let next = 0;
    for (const [, id = ''] of (this.#connection?.text ?? '').matchAll(/for (\/[\d-]+)/g)) {
      const place = this.#asked.indexOf(id, next);
      assert.notEqual(place, -1, `${id} is no answer to ${this.#asked.slice(next).join(' ')}`);
      next = place + 1;
    }
  }

  #next(): string {
    this.#count += 1;
    const id = `/${this.#number}-${this.#count}`;
    this.#asked.push(id);
    return id;
  }

  async #open(): Promise<RawConnection> {
    const known = this.#connection;
    if (known !== null && known.error === null && known.socket.writable && known.socket.readable) return known;
    this.#forget();
    const { host, port } = this.#to;
    const connection = await RawConnection.open(port, host, this.address);
    atEnd(this.#context, () => connection.close());
    this.#connection = connection;
    return connection;
  }

  #forget(): void {
    this.check();
    this.#connection?.socket.resetAndDestroy();
    this.#connection = null;
    this.#asked = [];
    this.#rest = '';
  }
}

/** A request that an instance has, and where its answer goes. */
interface Held {
  readonly id: string;
  readonly connection: RawConnection;
}

/** Holds each request until it is told what to answer. @param slot of the instance */
function holdRequests(connection: RawConnection, slot: number, held: Held[]): void {
  let read = 0;
  connection.socket.on('data', () => {
    for (;;) {
      const end = connection.text.indexOf('\r\n\r\n', read);
      if (end === -1) return;
      const head = connection.text.slice(read, end);
      const start = /(?:GET|POST) (\/(\d+)-\d+) HTTP\/1.1\r\n/.exec(head);
      read = end + 4;
      if (start === null) continue;
      const [, id = '', of = ''] = start;
      for (const [, said = ''] of head.matchAll(/(?:X-Of: |of=)(\d+)/g)) assert.equal(said, of, head);
      assert.equal(head.match(/X-Of/g)?.length, 1, head);
      assert.equal(slotOfClient(Number(of)), slot, head);
      // What comes through a tunnel is as its client said it.
      if (head.includes('X-Forwarded-Port: ')) assert.equal(/\r\ntraceparent: /.test(head), slot === 1, head);
      held.push({ id, connection });
    }
  });
  connection.socket.on('error', () => {});
  connection.socket.on('end', () => connection.socket.end());
}

function answer({ id, connection }: Held, how: (typeof ANSWERED)[number]): void {
  const text = `for ${id} `;
  if (how === 'ok') connection.write(okResponse(text));
  else if (how === 'chunks') {
    const size = text.length.toString(16);
    connection.write(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\n${text}\r\n0\r\nX-Id: ${id}\r\n\r\n`,
    );
  } else if (how === 'cut') connection.socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n${text}`);
  else if (how === 'close') connection.close();
  else if (how === 'bad') connection.write('HTTP/1.1 000 Bad\r\n\r\n');
  else if (how === 'open') connection.socket.end(`HTTP/1.1 200 OK\r\n\r\n${text}`);
  else connection.write(`HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n${text}`);
}

async function live(context: TestContext, steps: readonly Step[]): Promise<void> {
  const held: Held[] = [];
  const start = (slot: number) => ScriptedInstance.start(context, (one) => holdRequests(one, slot, held));
  const slots = await TwoSlots.start(context, [await start(0), await start(1)]);
  const { plane, ports } = slots;
  const clients = Array.from({ length: CLIENTS }, (_, number) => new Client(context, plane.host, ports, number));
  for (const next of steps) {
    if (next.kind === 'ask') await clients[next.client]?.ask(next.what);
    else if (next.kind === 'leave') clients[next.client]?.leave(next.how);
    else if (next.kind === 'kill') slots.kill(next.which);
    else if (next.kind === 'change') await slots.change(next.to);
    else {
      const [one] = held.splice(next.which % Math.max(1, held.length), 1);
      if (one !== undefined) answer(one, next.how);
    }
    for (let turn = 0; turn < TURNS; turn += 1) await setImmediate();
    for (const client of clients) client.check();
  }
  for (const client of clients) client.leave('reset');
  await eventually('all is over', () => slots.isOver);
  slots.check(clients.map(({ address }) => address));
}

test('clients that share exchanges never meet in one, whatever happens to them and to their slots', async (context) => {
  const seen = watchPool(context);
  await holds(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => live(context, steps)),
    60,
  );
  assert.ok(0 < seen.given && seen.given < seen.taken, `${seen.given} of ${seen.taken} were given back`);
});
