import { hostPort } from '../../core/networks.js';
import { createInstanceCounters, type InstanceCounters } from '../../metrics/instance-counters.js';
import type { InstanceSnapshot, ProxyVersion } from '../../snapshot/snapshot.js';
import type { Borrower, Lease } from '../limits/lease.js';
import type { InstanceConnection } from '../roles/instance-connection.js';
import type { InstanceSide } from '../roles/instance-side.js';
import { IdlePool } from './idle-pool.js';
import { IdleTime } from './idle-time.js';

/**
 * One instance, or one neighbor, as this worker knows it: the values of the newest snapshot, and the live facts that
 * outlive snapshots because they are keyed by identity.
 */
export class Instance implements Borrower {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** A neighbor takes the bleed; it gets the mark and is never part of a rotation. */
  readonly isNeighbor: boolean;
  /** The run of its container: another run at the same address is another instance. null: its restarts are unknown. */
  life: string | null = null;
  /** Where connections to a neighbor leave from; null: the kernel chooses. */
  localAddress: string | null = null;
  /** The `nodeId` of a neighbor, where it has one. */
  node: string | null = null;
  /** The PROXY header that a connection to it begins with. */
  proxyVersion: ProxyVersion = 'none';
  /** Its value in the sticky cookie; empty without one. */
  stickyId = '';
  weight = 0;
  state: InstanceSnapshot['state'] = 'ready';
  isUp = false;
  /** It left the snapshot; what is under way may end. */
  isRemoved = false;
  /** Requests that it may have under way from this worker; Infinity for no limit. */
  limit = Number.POSITIVE_INFINITY;
  /** The permits behind the limit, where workers share one. */
  lease: Lease | null = null;
  /** When it became usable; slow start counts from here. -Infinity: long ago. */
  usableSince = Number.NEGATIVE_INFINITY;
  /** Connects that failed one after another. */
  connectFailures = 0;
  inFlight = 0;
  /** The most at once, since the counters were read. */
  inFlightPeak = 0;
  /** It sent bytes that belong to no response, as a server does that answers HEAD with the body of GET. */
  sendsUnasked = false;
  /** Kept-alive connections without an exchange. */
  readonly idle = new IdlePool<InstanceSide>();
  readonly idleTime = new IdleTime();
  /** All connections, idle or not. */
  readonly connections = new Set<InstanceConnection>();
  readonly counters: InstanceCounters;

  /** @param counters of the address; they go on when another instance gets the address */
  constructor(id: string, host: string, port: number, isNeighbor: boolean, counters = createInstanceCounters()) {
    this.id = id;
    this.host = host;
    this.port = port;
    this.isNeighbor = isNeighbor;
    this.counters = counters;
  }

  /** As a Host field names it (RFC 9110 7.2). */
  get authority(): string {
    return hostPort(this.host, this.port);
  }

  /** Takes new traffic of any client. */
  get isUsable(): boolean {
    return this.isStickyUsable && this.state === 'ready' && this.weight > 0;
  }

  /** Takes at least those clients that are bound to it. */
  get isStickyUsable(): boolean {
    return this.isUp && this.state !== 'maint' && !this.isRemoved && this.lease?.isBarren !== true;
  }

  /** It would take new traffic, but this worker holds none of its permits and will get none. */
  get lacksPermits(): boolean {
    const isServing = this.isUp && this.state === 'ready' && !this.isRemoved && this.weight > 0;
    return isServing && this.lease?.isBarren === true;
  }

  get hasRoom(): boolean {
    return this.inFlight < this.limit;
  }

  /** TCP clients are brought to this neighbor by its health port: their own connections would carry no mark. */
  get hasBleedDoor(): boolean {
    return this.isNeighbor && this.node !== null && this.proxyVersion !== 'v2';
  }

  /** It has accepted a connection. */
  noteConnected(): void {
    this.connectFailures = 0;
    this.counters.connections += 1;
  }

  /** Age of the oldest request under way at one that takes no new ones, in milliseconds; 0 of all others, which nobody asks for. */
  oldestMs(now: number): number {
    if (this.inFlight === 0 || (this.state === 'ready' && !this.isRemoved)) return 0;
    let since = now;
    for (const connection of this.connections) since = Math.min(since, connection.busySince);
    return now - since;
  }

  /** The counters get their gauges as they are now; a new peak begins. */
  setGauges(now: number): void {
    this.counters.inFlight = this.inFlight;
    this.counters.inFlightPeak = this.inFlightPeak;
    this.inFlightPeak = this.inFlight;
    this.counters.idle = this.idle.size;
    this.counters.oldestMs = this.oldestMs(now);
  }

  onLimitLowered(): void {
    this.idle.trimTo(this.limit - this.inFlight);
  }

  /** Closes kept-alive connections, those too that wait with one client. */
  closeIdle(): void {
    for (const connection of this.connections) if (connection.isIdle) connection.discard();
  }
}
