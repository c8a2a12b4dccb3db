/** Frontends for those who run the edge: its own health, metrics, statistics. */
import type { Site } from '../site/site.js';
import type { Section } from '../syntax/configuration.js';
import { bindWord, socketWord } from './sockets.js';

/** Probed by the public balancers, so without a PROXY header. "disable frontend fe_health" drains this edge node. */
export function healthSection(site: Site): Section {
  return {
    title: 'frontend fe_health',
    lines: [
      `bind ${bindWord('site.listen.health_port', site, site.listen.healthPort)}`,
      'no log',
      'monitor-uri /healthz',
      'monitor fail if { stopping }',
      'http-request deny deny_status 404',
    ],
  };
}

export function adminSection({ listen }: Site): Section {
  return {
    title: 'frontend fe_admin',
    lines: [
      `bind ${socketWord('site.listen.admin', listen.admin)}`,
      'no log',
      'http-request use-service prometheus-exporter if { path /metrics }',
      'http-request deny deny_status 404 unless { path_beg /stats }',
      'stats enable',
      'stats uri /stats',
      'stats refresh 15s',
      'stats hide-version',
    ],
  };
}
