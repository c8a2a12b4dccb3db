import { spawnSync } from 'node:child_process';
import type { Recipe } from './configured-program.js';
import type { ContenderOptions } from './contender.js';

/** Threads as many as cores that it may use: one. Connections to the origins are kept. */
export const CADDY: Recipe = {
  name: 'caddy',
  versionOf: (program) => spawnSync(program, ['version'], { encoding: 'utf8' }).stdout.split(/\s/)[0] || 'unknown',
  words: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  configuration,
  hasWorkers: false,
};

function configuration({ host, port, instances }: ContenderOptions): string {
  return `
{
  admin off
  auto_https off
  log {
    output discard
  }
}
http://:${port} {
  bind ${host}
  reverse_proxy ${instances.join(' ')} {
    lb_policy round_robin
    transport http {
      keepalive 600s
      keepalive_idle_conns 4096
      keepalive_idle_conns_per_host 1024
    }
  }
}
`;
}
