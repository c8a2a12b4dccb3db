/** Options that another one leaves without an effect: what somebody wrote and nothing obeys is named. */
import type { Config } from './config.js';

interface Unused {
  readonly key: keyof Config;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

const DOCKER_TLS = ['dockerTlsVerify', 'dockerCertPath'] as const satisfies readonly (keyof Config)[];
const CONSUL_FILES = ['consulCaFile', 'consulCertFile', 'consulKeyFile'] as const satisfies readonly (keyof Config)[];
const CONSUL_ACCESS = [
  'consulToken',
  'consulTokenFile',
  'consulNamespace',
  'consulDatacenter',
] as const satisfies readonly (keyof Config)[];

export function unusedOptions(config: Config): readonly Unused[] {
  return [...unusedForDocker(config), ...unusedForConsul(config)];
}

function unusedForDocker(config: Config): readonly Unused[] {
  const { docker } = config;
  if (docker === null) {
    const hint = 'name it with --docker or DOCKER_HOST, or leave this out';
    return written(config, DOCKER_TLS, 'no Docker engine is named, so this has no effect', hint);
  }
  if (!docker.startsWith('unix:')) return [];
  const message = `Docker at ${docker} is a socket of this machine, where nobody speaks TLS, so this has no effect`;
  return written(config, DOCKER_TLS, message, 'leave it out, or name the TLS port: --docker tcp://HOST:2376');
}

function unusedForConsul(config: Config): readonly Unused[] {
  const { consul, consulSsl } = config;
  if (consul === null) {
    const hint = 'name it with --consul or CONSUL_HTTP_ADDR, or leave this out';
    const keys = ['consulSsl', ...CONSUL_FILES, ...CONSUL_ACCESS] as const;
    return written(config, keys, 'no Consul is named, so this has no effect', hint);
  }
  if (consul.startsWith('unix:')) {
    const message = `Consul at ${consul} is a socket of this machine, where nobody speaks TLS, so this has no effect`;
    return written(
      config,
      ['consulSsl', ...CONSUL_FILES],
      message,
      'leave it out, or name the TLS port: https://HOST:8501',
    );
  }
  if (consulSsl || consul.startsWith('https:')) return [];
  const message = `Consul at ${consul} is asked without TLS, so this has no effect`;
  return written(config, CONSUL_FILES, message, 'write https:// in front of its address, or give --consul-ssl');
}

/** Those that somebody gave a value: `false` asks for nothing. */
function written(config: Config, keys: readonly (keyof Config)[], message: string, hint: string): readonly Unused[] {
  return keys.flatMap((key) => (config[key] === null || config[key] === false ? [] : [{ key, message, hint }]));
}
