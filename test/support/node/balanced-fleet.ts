import type { TestContext } from 'node:test';
import type { InstanceSnapshot, SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { eventually } from '../eventually.js';
import { SeededRandom } from '../seeded-random.js';
import { HttpInstance } from '../traffic/http-instance.js';
import type { RawConnection, RawResponse } from '../traffic/raw-connection.js';
import { type PlaneOptions, TestPlane } from './plane.js';
import { instanceOf } from './snapshots.js';

const NAMES = 'ABCDEFGH';

/** A plane before instances that answer with their names: A, B, C. What is asked to be slow stays under way. */
export class BalancedFleet {
  readonly plane: TestPlane;
  readonly instances: readonly HttpInstance[];
  readonly specs: readonly InstanceSnapshot[];

  private constructor(plane: TestPlane, instances: readonly HttpInstance[], specs: readonly InstanceSnapshot[]) {
    this.plane = plane;
    this.instances = instances;
    this.specs = specs;
  }

  /** @param weights of its instances, so also how many they are */
  static async start(
    context: TestContext,
    weights: readonly number[],
    { slot, ...options }: PlaneOptions = {},
  ): Promise<BalancedFleet> {
    const instances: HttpInstance[] = [];
    for (const index of weights.keys()) instances.push(await HttpInstance.start(context, NAMES[index]));
    const specs = instances.map((instance, index) => instanceOf(instance, { weight: weights[index] ?? 1 }));
    const random = new SeededRandom(13);
    const plane = await TestPlane.start(context, {
      random: () => random.next(),
      ...options,
      slot: { instances: specs, ...slot },
    });
    return new BalancedFleet(plane, instances, specs);
  }

  /** The instances with what differs for some of them; null: it is gone. By name. */
  changed(changes: Readonly<Record<string, Partial<InstanceSnapshot> | null>>): InstanceSnapshot[] {
    return this.specs.flatMap((spec, index) => {
      const change = changes[NAMES[index] ?? ''];
      return change === null ? [] : [{ ...spec, ...change }];
    });
  }

  change(slot: Partial<SlotSnapshot>): Promise<void> {
    return this.plane.change(slot);
  }

  /** Asks on a connection of its own. */
  async respond(localAddress?: string, fields = ''): Promise<RawResponse> {
    const client = await this.plane.connect(localAddress);
    client.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`);
    const response = await client.response();
    client.close();
    return response;
  }

  /** @returns who answered: the name of an instance, or the status in its place. */
  async ask(localAddress?: string, fields = ''): Promise<string> {
    const { status, body } = await this.respond(localAddress, fields);
    return status === 200 ? body : String(status);
  }

  /** @returns who answered each of so many requests, one after the other. */
  async askTimes(times: number): Promise<string> {
    const client = await this.plane.connect();
    let names = '';
    for (let turn = 0; turn < times; turn += 1) {
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      names += (await client.response()).body;
    }
    client.close();
    return names;
  }

  /** A request that stays under way, or waits, until its instance answers. */
  async hold(localAddress?: string): Promise<RawConnection> {
    const { counters } = this.plane;
    const { requests } = counters;
    const client = await this.plane.connect(localAddress);
    client.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually('the request is there', () => counters.requests > requests);
    return client;
  }

  /** What each instance has under way, in their order. */
  get underWay(): readonly number[] {
    const { instances } = this.plane.counters;
    return this.specs.map(({ id }) => instances[id]?.inFlight ?? 0);
  }

  /** The instance answers the request that it has held for the longest time, as soon as it has one. */
  async answer(name: string): Promise<void> {
    const instance = this.instances[NAMES.indexOf(name)];
    if (instance === undefined) throw new RangeError(`no instance ${name}`);
    await eventually('a slow request is there', () => instance.answerSlow());
  }
}
