import { ConfigError, hostInputs, loadConfig } from '../config/load.js';
import type { AdminAddress } from '../config/text-readers.js';

/** What other commands must know of the node on this machine. */
export interface NodeDefaults {
  readonly servicesDir: string;
  readonly admin: AdminAddress;
}

/**
 * Reads where the node of this machine has its files and its admin API, from the environment and the node's own file.
 * Options that are wrong are the node's trouble: a command that only asks goes on with the defaults.
 */
export function nodeDefaultsFrom(env: NodeJS.ProcessEnv): NodeDefaults {
  const { AUTOPROXY_SERVICES_DIR, AUTOPROXY_ADMIN, AUTOPROXY_CONFIG } = env;
  const inputs = hostInputs({}, { AUTOPROXY_SERVICES_DIR, AUTOPROXY_ADMIN, AUTOPROXY_CONFIG });
  try {
    return loadConfig(inputs).config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const host = { hostname: 'localhost', parallelism: 1, isTerminal: false };
    return loadConfig({ ...inputs, host, env: {}, defaultFile: '' }).config;
  }
}
