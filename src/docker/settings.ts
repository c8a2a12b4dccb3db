import type { Config } from '../config/config.js';

/** Where the engine is and how it is spoken to. */
export interface DockerSettings {
  /** `unix:///path`, `tcp://host:port`, `http://host:port` or `https://host:port`; without a path behind a host. */
  readonly url: string;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`, as Docker's own tools name them; null: the system's authorities. */
  readonly certPath: string | null;
  /** true: TLS, and the engine proves who it is; false: TLS only with a folder or https, and no proof; null: TLS then, with proof. */
  readonly tlsVerify: boolean | null;
}

/** The options that say so; what they are called is in the table of options. */
export const DOCKER_OPTIONS = [
  'docker',
  'dockerTlsVerify',
  'dockerCertPath',
] as const satisfies readonly (keyof Config)[];

/** @returns null when no engine was named */
export function dockerSettingsFrom(options: Pick<Config, (typeof DOCKER_OPTIONS)[number]>): DockerSettings | null {
  const { docker, dockerTlsVerify, dockerCertPath } = options;
  return docker === null ? null : { url: docker, certPath: dockerCertPath, tlsVerify: dockerTlsVerify };
}
