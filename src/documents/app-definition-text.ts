/** A definition as people write it: what differs from the defaults, and nothing else. */
import { stringify } from 'yaml';
import { formatDuration } from '../core/durations.js';
import { APP_DEFAULTS } from '../model/app.js';
import type { AppDefinition, AppSettings, EdgeDefinition, Route } from '../model/app-definition.js';
import { plainFromPlacement } from './placement-text.js';
import { durationUnless, nonEmpty, type PlainMap, unless, written } from './plain.js';

/** The keys of the document, in the order of its table. Parsed again, it is the same definition. */
export function plainFromDefinition(definition: AppDefinition): PlainMap {
  const { name, pods, numInstances, image, nativePort, slot, settings, edge, env, placement } = definition;
  return written({
    name,
    pods,
    num_instances: numInstances,
    image,
    protocol: settings.protocol,
    native_port: nativePort,
    slot,
    ...plainFromSettings(settings),
    edge: edge === null ? null : plainFromEdge(edge),
    env: nonEmpty(Object.fromEntries(env.map(({ name: key, value }) => [key, value]))),
    placement: plainFromPlacement(placement),
  });
}

/** One YAML document. */
export function textFromDefinition(definition: AppDefinition): string {
  return stringify(plainFromDefinition(definition), { version: '1.2', lineWidth: 0 });
}

function plainFromSettings(settings: AppSettings): PlainMap {
  const { health, timeouts, limits } = settings;
  const defaults = APP_DEFAULTS;
  return written({
    internal: unless(defaults.internal, settings.internal),
    nolog: unless(!defaults.accessLog, !settings.accessLog),
    log_sample: unless(`1/${defaults.logSample}`, `1/${settings.logSample}`),
    trace: unless<boolean>(defaults.trace, settings.trace),
    request_id: settings.requestIdField,
    filters: settings.hostFilter === null ? null : { host: settings.hostFilter },
    accept_proxy: unless<boolean | null>(defaults.acceptProxy, settings.acceptProxy),
    trusted_proxies: nonEmpty(settings.trustedProxies),
    send_proxy: unless<string>(defaults.sendProxy, settings.sendProxy),
    balance: unless<string>(defaults.balance, settings.balance),
    reuse: unless<string>(defaults.reuse, settings.reuse),
    retries: unless<number>(defaults.retries, settings.retries),
    health: nonEmpty({
      path: health.path,
      interval: durationUnless(defaults.health.intervalMs, health.intervalMs),
      timeout: durationUnless(defaults.health.timeoutMs, health.timeoutMs),
      rise: unless<number>(defaults.health.rise, health.rise),
      fall: unless<number>(defaults.health.fall, health.fall),
    }),
    timeouts: nonEmpty({
      request_head: durationUnless(defaults.timeouts.requestHeadMs, timeouts.requestHeadMs),
      connect: durationUnless(defaults.timeouts.connectMs, timeouts.connectMs),
      first_byte: durationUnless(defaults.timeouts.firstByteMs, timeouts.firstByteMs),
      client_idle: durationUnless(defaults.timeouts.clientIdleMs, timeouts.clientIdleMs),
      upstream_idle: durationUnless(defaults.timeouts.upstreamIdleMs, timeouts.upstreamIdleMs),
      queue: durationUnless(defaults.timeouts.queueMs, timeouts.queueMs),
      tunnel: durationUnless(defaults.timeouts.tunnelMs, timeouts.tunnelMs),
      drain: durationUnless(defaults.timeouts.drainMs, timeouts.drainMs),
    }),
    limits: nonEmpty({
      connections: unless<number>(defaults.limits.connections, limits.connections),
      queue: unless<number>(defaults.limits.queue, limits.queue),
      clients: unless<number>(defaults.maxClients, settings.maxClients),
    }),
    sticky: settings.stickyCookie === null ? null : { cookie: settings.stickyCookie },
    slow_start: durationUnless(defaults.slowStartMs, settings.slowStartMs),
  });
}

function plainFromEdge(edge: EdgeDefinition): PlainMap {
  const { tls, routes, rateLimit, allow, deny, maxBodyBytes, methods, heldPods, isClosed } = edge;
  return written({
    tls: nonEmpty({ domain: tls.domain, redirect: unless(true, tls.redirect), hsts: tls.hsts }),
    routes: routes.map(plainFromRoute),
    rate_limit:
      rateLimit === null
        ? null
        : written({
            requests: rateLimit.requests,
            errors: rateLimit.errors,
            concurrent: rateLimit.concurrent,
            window: formatDuration(rateLimit.windowMs),
          }),
    allow: nonEmpty(allow),
    deny: nonEmpty(deny),
    max_body: maxBodyBytes,
    methods: nonEmpty(methods),
    hold: nonEmpty(heldPods),
    closed: unless(false, isClosed),
  });
}

function plainFromRoute({ host, path, priority }: Route): PlainMap {
  const isEveryPath = path.kind === 'prefix' && path.path === '/';
  return written({
    host: host.kind === 'exact' ? host.host : host.kind === 'wildcard' ? `*.${host.suffix}` : null,
    host_regex: host.kind === 'regex' ? `^${host.pattern}$` : null,
    path: path.kind === 'prefix' && !isEveryPath ? path.path : null,
    path_exact: path.kind === 'exact' ? path.path : null,
    path_regex: path.kind === 'regex' ? `^${path.pattern}$` : null,
    priority: unless(0, priority),
  });
}
