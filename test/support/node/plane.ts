import type { TestContext } from 'node:test';
import { AccessLog } from '../../../src/access-log/access-log.js';
import { DEFAULT_FORMAT } from '../../../src/access-log/format/access-format.js';
import type { FormatContext } from '../../../src/access-log/format/writer.js';
import type { Clock, Random } from '../../../src/core/clock.js';
import { type Log, silentLog } from '../../../src/core/log.js';
import type { SlotCounters } from '../../../src/metrics/counters.js';
import { createDataPlane, type DataPlane } from '../../../src/proxy/data-plane.js';
import type { Transports } from '../../../src/proxy/io/transport.js';
import type { ConnectionBounds } from '../../../src/proxy/limits/connection-bounds.js';
import type { PermitChanges } from '../../../src/snapshot/permits.js';
import type { SlotSnapshot, Snapshot } from '../../../src/snapshot/snapshot.js';
import { freePort, ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';
import { RawConnection } from '../traffic/raw-connection.js';
import { KeptLines } from './kept-lines.js';
import { testClock } from './services-directory.js';
import { slotOf, snapshotOf } from './snapshots.js';

export interface PlaneOptions {
  readonly slot?: Partial<SlotSnapshot>;
  readonly snapshot?: Partial<Snapshot>;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** Instead of keeping the lines. */
  readonly accessLog?: (line: string) => void;
  /** Of the access log; with Host captured, unless told otherwise. Null turns it off. */
  readonly logFormat?: string | null;
  readonly captures?: Partial<Pick<FormatContext, 'requestCaptures' | 'responseCaptures'>>;
  readonly worker?: { readonly index: number; readonly count: number };
  readonly bind?: string;
  readonly transports?: Transports;
  readonly askPermits?: (changes: readonly PermitChanges[]) => void;
  readonly bounds?: ConnectionBounds;
}

/** A data plane in this process with one slot, on an address of its own, fed by snapshot literals. */
export class TestPlane {
  readonly plane: DataPlane;
  readonly host: string;
  readonly port: number;
  readonly accessLog: string[] = [];
  readonly connectFailures: { readonly instance: string; readonly failures: number }[] = [];
  readonly #context: TestContext;
  /** What differs from that of a node without neighbors. */
  readonly snapshot: Partial<Snapshot>;
  #slot: SlotSnapshot;

  private constructor(context: TestContext, host: string, port: number, options: PlaneOptions) {
    this.#context = context;
    this.host = host;
    this.port = port;
    this.#slot = slotOf({ port, ...options.slot });
    this.snapshot = options.snapshot ?? {};
    this.plane = createDataPlane({
      clock: options.clock ?? testClock,
      random: options.random ?? (() => 0.5),
      log: options.log ?? silentLog,
      worker: options.worker ?? { index: 0, count: 1 },
      accessLog: options.logFormat === null ? null : this.#createAccessLog(options),
      onConnectFailure: (_app, { id: instance }, failures) => this.connectFailures.push({ instance, failures }),
      ...(options.transports !== undefined && { transports: options.transports }),
      ...(options.askPermits !== undefined && { askPermits: options.askPermits }),
      ...(options.bounds !== undefined && { bounds: options.bounds }),
    });
    atEnd(context, () => this.plane.close());
  }

  #createAccessLog({ accessLog, logFormat, captures }: PlaneOptions): AccessLog {
    const format = {
      format: logFormat ?? DEFAULT_FORMAT,
      requestCaptures: ['Host'],
      responseCaptures: [],
      ...captures,
    };
    const onLine = accessLog ?? ((line) => this.accessLog.push(line));
    return new AccessLog({ ...format, pid: 1, hostname: 'node' }, new KeptLines(onLine));
  }

  static async start(context: TestContext, options: PlaneOptions = {}): Promise<TestPlane> {
    const host = options.bind ?? ownAddress();
    const plane = new TestPlane(context, host, options.slot?.port ?? (await freePort(host)), options);
    await plane.change({});
    return plane;
  }

  /** Puts a snapshot with the changed slot in force. */
  async change(slot: Partial<SlotSnapshot>, snapshot: Partial<Snapshot> = {}): Promise<void> {
    this.#slot = { ...this.#slot, ...slot };
    await this.plane.apply(snapshotOf({ bind: this.host, slots: [this.#slot], ...this.snapshot, ...snapshot }));
  }

  connect(localAddress?: string): Promise<RawConnection> {
    return this.#open(this.port, localAddress);
  }

  connectHealth(): Promise<RawConnection> {
    return this.#open(this.port + 1);
  }

  /** A client that a test leaves behind when it fails would keep its process alive. */
  async #open(port: number, localAddress?: string): Promise<RawConnection> {
    const client = await RawConnection.open(port, this.host, localAddress);
    atEnd(this.#context, () => client.close());
    return client;
  }

  /** As it is in force. */
  get slot(): SlotSnapshot {
    return this.#slot;
  }

  get counters(): SlotCounters {
    const counters = this.plane.counters().slots[this.#slot.app];
    if (counters === undefined) throw new Error('the slot is not served');
    return counters;
  }
}
