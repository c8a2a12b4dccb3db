import { createHmac } from 'node:crypto';
import type { App, Instance } from '../model/app.js';
import type { InstanceSnapshot, NeighborSnapshot, SlotSnapshot, Snapshot } from '../snapshot/snapshot.js';

export type MeasuredHealth = 'up' | 'down' | 'unchecked';

/** The node-wide values of the snapshot, and what its slots are made of. */
interface CompileInput extends Omit<Snapshot, 'slots'> {
  /** What apps that do not say it themselves have (`--accept-proxy`, `--trusted-proxies`). */
  readonly proxyDefaults: { readonly accept: boolean; readonly trusted: readonly string[] };
  /** What the keys of sticky cookies are made from. */
  readonly stickySecret: string;
  readonly apps: readonly App[];
  /** @param instance its id */
  healthOf(app: string, instance: string): MeasuredHealth;
  /** The neighbors that take the bleed of this app, in order of preference. */
  neighborsOf(app: string): readonly NeighborSnapshot[];
}

/** Desired state and measured health → the complete input of the data plane. */
export function compileSnapshot(input: CompileInput): Snapshot {
  // The secret stays here: a worker gets the keys that are made from it.
  const { apps, proxyDefaults, stickySecret, healthOf, neighborsOf, ...node } = input;
  return { ...node, slots: apps.map((app) => compileSlot(app, input)) };
}

function compileSlot(app: App, { healthOf, neighborsOf, proxyDefaults, stickySecret }: CompileInput): SlotSnapshot {
  const acceptProxy = app.acceptProxy ?? proxyDefaults.accept;
  const isMeasuredUp = ({ id }: Instance): boolean => healthOf(app.name, id) === 'up';
  const isUncheckedUp = !app.instances.some((one) => one.state === 'ready' && one.weight > 0 && isMeasuredUp(one));
  return {
    app: app.name,
    port: app.slot,
    protocol: app.protocol,
    internal: app.internal,
    accessLog: app.accessLog,
    logSample: app.logSample,
    trace: app.trace,
    requestIdField: app.requestIdField,
    hostFilter: app.hostFilter,
    acceptProxy,
    trustedProxies: app.trustedProxies.length === 0 ? proxyDefaults.trusted : app.trustedProxies,
    sendProxy: app.sendProxy,
    balance: app.balance,
    reuse: app.reuse,
    retries: app.retries,
    timeouts: app.timeouts,
    limits: app.limits,
    maxClients: app.maxClients,
    sticky: app.stickyCookie === null ? null : { cookie: app.stickyCookie, key: stickyKeyOf(app.name, stickySecret) },
    slowStartMs: app.slowStartMs,
    instances: app.instances.map((instance) =>
      compileInstance(instance, isUp(instance, healthOf(app.name, instance.id), isUncheckedUp)),
    ),
    neighbors: neighborsOf(app.name),
  };
}

/** Each app has its own: two apps call one instance by different names. */
function stickyKeyOf(app: string, secret: string): string {
  return createHmac('sha256', secret).update(`sticky cookie of ${app}`).digest('hex');
}

/**
 * A new instance gets traffic after its first passed check, unless it is the only one: to try it then is better than to
 * refuse. What is in maintenance is not checked, so nothing is known of it: it is not up.
 */
function isUp({ state }: Instance, health: MeasuredHealth, isUncheckedUp: boolean): boolean {
  if (state === 'maint') return false;
  return health === 'unchecked' ? isUncheckedUp : health === 'up';
}

function compileInstance({ id, life, host, port, weight, state }: Instance, up: boolean): InstanceSnapshot {
  return { id, life, host, port, weight, state, up };
}
