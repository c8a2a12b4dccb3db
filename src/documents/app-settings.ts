/** The keys that the services directory and the registry share: from the names that people write to those of the model. */
import type { Node } from 'yaml';
import type { AppSettings } from '../model/app-definition.js';
import type { Place, Values } from '../yaml/reader.js';
import { APP_KEYS } from './app-keys.js';

const { native_port: _port, translated_port: _slot, instances: _instances, ...settings } = APP_KEYS;

export const SETTING_KEYS = settings;

type SettingValues = Values<typeof SETTING_KEYS>;

export function settingsFromValues(values: SettingValues): AppSettings {
  const { health, timeouts } = values;
  return {
    protocol: values.protocol,
    internal: values.internal,
    accessLog: !values.nolog,
    logSample: values.log_sample,
    trace: values.trace,
    requestIdField: values.request_id,
    hostFilter: values.filters.host,
    acceptProxy: values.accept_proxy,
    trustedProxies: values.trusted_proxies,
    sendProxy: values.send_proxy,
    balance: values.balance,
    reuse: values.reuse,
    retries: values.retries,
    health: {
      path: health.path,
      intervalMs: health.interval,
      timeoutMs: health.timeout,
      rise: health.rise,
      fall: health.fall,
    },
    timeouts: {
      requestHeadMs: timeouts.request_head,
      connectMs: timeouts.connect,
      firstByteMs: timeouts.first_byte,
      clientIdleMs: timeouts.client_idle,
      upstreamIdleMs: timeouts.upstream_idle,
      queueMs: timeouts.queue,
      tunnelMs: timeouts.tunnel,
      drainMs: timeouts.drain,
    },
    limits: { connections: values.limits.connections, queue: values.limits.queue },
    maxClients: values.limits.clients,
    stickyCookie: values.sticky.cookie,
    slowStartMs: values.slow_start,
  };
}

/**
 * TCP has no fields, so no Host, no cookies and no ids: such a key would silently not do what it seems to do.
 * @returns whether there is none; where reading is strict they are errors
 */
export function noteMeaningless(values: SettingValues, key: Node, place: Place): boolean {
  if (values.protocol !== 'tcp') return true;
  const idle = [
    values.filters.host === null ? '' : 'filters.host',
    values.sticky.cookie === null ? '' : 'sticky.cookie',
    values.trace ? 'trace' : '',
    values.request_id === null ? '' : 'request_id',
  ].filter((written) => written !== '');
  const severity = place.reading === 'strict' ? 'error' : 'warning';
  for (const path of idle) {
    const message = `${place.path}.${path}: this has no effect on TCP`;
    place.text.note(severity, place.app, key, message, 'remove it, or write "protocol: http"');
  }
  return idle.length === 0;
}
