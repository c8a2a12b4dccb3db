import type { Config } from '../config/config.js';
import type { AdminAddress } from '../config/text-readers.js';
import { consulSettingsFrom } from '../consul/settings-from-options.js';
import type { NodeRegistration } from '../consul/writes.js';
import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { bracketed, isEveryAddress } from '../core/networks.js';
import { ConsulNeighbors } from '../neighbors/consul.js';
import { ConsulRegistration } from '../neighbors/consul-registration.js';
import { ConsulSource } from '../sources/consul/consul-source.js';
import { ownAddressOf } from './own-address.js';

/** What a node has that belongs to a fleet. */
export interface ConsulParts {
  readonly source: ConsulSource;
  readonly registration: ConsulRegistration;
  readonly neighbors: ConsulNeighbors;
}

/**
 * @returns null when no Consul was named
 * @throws Error that says what to do, when the pod is not known
 */
export function createConsulParts(
  config: Config,
  parts: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): ConsulParts | null {
  const settings = consulSettingsFrom(config);
  if (settings === null) return null;
  const { node, consulNode } = config;
  // Consul finds tags in any case, and definitions name pods in lower case alone.
  const pod = config.pod?.toLowerCase() ?? null;
  if (pod === null) {
    throw new Error(
      'with Consul a node has to know its pod: give --pod NAME, or leave out --consul and CONSUL_HTTP_ADDR',
    );
  }
  const registration = new ConsulRegistration({ settings, registration: registrationFrom(config, pod), ...parts });
  return {
    source: new ConsulSource({ settings, node: consulNode ?? node, pod, ...parts }),
    registration,
    neighbors: new ConsulNeighbors({
      settings,
      pod,
      own: { id: registrationId(pod, node), agent: consulNode ?? node },
      isRegistered: () => registration.isRegistered,
      onForgotten: () => registration.renew(),
      ...parts,
    }),
  };
}

function registrationFrom(config: Config, pod: string): NodeRegistration {
  const own = ownAddressOf(config);
  return {
    id: registrationId(pod, config.node),
    tag: pod,
    // The agent knows its address; a node that binds all of them does not know which one is meant.
    address: isEveryAddress(own) ? '' : own,
    port: config.admin.port,
    meta: { node: config.node },
    checkUrl: `http://${checkHost(config.admin)}:${config.admin.port}/ready`,
  };
}

function registrationId(pod: string, node: string): string {
  return `autoproxy-${pod}-${node}`;
}

function checkHost({ host }: AdminAddress): string {
  if (isEveryAddress(host)) return '127.0.0.1';
  return bracketed(host);
}
