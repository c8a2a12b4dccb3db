import type { ConsulSettings } from './settings.js';

/**
 * Consul's own variables, as its tools read them.
 * @param url goes before CONSUL_HTTP_ADDR; both may come without a scheme
 * @returns null when neither says where Consul is
 */
export function consulSettingsFromEnvironment(
  url: string | null,
  env: Readonly<Record<string, string | undefined>>,
): ConsulSettings | null {
  const read = (name: string): string | null => (env[name] === undefined || env[name] === '' ? null : env[name]);
  const written = url ?? read('CONSUL_HTTP_ADDR');
  if (written === null) return null;
  const isSecure = /^(true|1|yes|on)$/i.test(read('CONSUL_HTTP_SSL') ?? '');
  const whole = /^[a-z]+:\/\//i.test(written) ? written : `http://${written}`;
  return {
    url: (isSecure ? whole.replace(/^http:/i, 'https:') : whole).replace(/\/+$/, ''),
    token: read('CONSUL_HTTP_TOKEN'),
    tokenFile: read('CONSUL_HTTP_TOKEN_FILE'),
    caFile: read('CONSUL_CACERT'),
    certFile: read('CONSUL_CLIENT_CERT'),
    keyFile: read('CONSUL_CLIENT_KEY'),
    namespace: read('CONSUL_NAMESPACE'),
    datacenter: null,
  };
}
