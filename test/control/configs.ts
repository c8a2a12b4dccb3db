import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';

/** All defaults; a test says only what matters to it. */
export function configOf(config: Partial<Config> = {}): Config {
  const host = { hostname: 'test-node', parallelism: 2, isTerminal: false };
  return { ...loadConfig({ flags: {}, env: {}, host, workingDir: '/' }).config, ...config };
}
