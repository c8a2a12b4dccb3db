import type { Config } from '../config/config.js';
import type { ConsulSettings } from './settings.js';

/** The options that say where Consul is and how it is spoken to; what they are called is in the table of options. */
export const CONSUL_OPTIONS = [
  'consul',
  'consulSsl',
  'consulToken',
  'consulTokenFile',
  'consulCaFile',
  'consulCertFile',
  'consulKeyFile',
  'consulNamespace',
  'consulDatacenter',
] as const satisfies readonly (keyof Config)[];

/** @returns null when no Consul was named */
export function consulSettingsFrom(options: Pick<Config, (typeof CONSUL_OPTIONS)[number]>): ConsulSettings | null {
  if (options.consul === null) return null;
  return {
    url: options.consulSsl ? options.consul.replace(/^http:/, 'https:') : options.consul,
    token: options.consulToken,
    tokenFile: options.consulTokenFile,
    caFile: options.consulCaFile,
    certFile: options.consulCertFile,
    keyFile: options.consulKeyFile,
    namespace: options.consulNamespace,
    datacenter: options.consulDatacenter,
  };
}
