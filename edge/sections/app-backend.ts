/** One backend an app: its counters, its networks, its servers. Everything that a person wrote about it is refused or quoted. */
import { BALANCES } from '../../src/model/app.js';
import type { AppDefinition } from '../../src/model/app-definition.js';
import { serverPods } from '../../src/model/open-pods.js';
import type { PodNodes, Site } from '../site/site.js';
import type { Line, Section } from '../syntax/configuration.js';
import { RefusedValue } from '../syntax/refused-value.js';
import { choiceWord, durationWord, nameWord, numberWord, word } from '../syntax/words.js';
import { socketWord } from './sockets.js';

const DEFAULT_WINDOW_MS = 10_000;
const LEAST_EXPIRY_MS = 120_000;
/** Nodes answer here, on the port after the slot (design: the health port). */
const NODE_HEALTH_PATH = '/health';
const MAX_HOST_LENGTH = 253;

/**
 * @param nodes of each pod, where the servers are nodes
 * @throws RefusedValue
 */
export function appBackend(app: AppDefinition, site: Site, nodes: PodNodes): Section {
  const name = appName(app);
  const { settings } = app;
  return {
    title: `backend be_${name}`,
    lines: [
      ...countingRules(app, name),
      ...(settings.accessLog ? [] : ['http-request set-log-level silent']),
      `balance ${choiceWord('balance', settings.balance, BALANCES)}`,
      `timeout server ${durationWord('timeouts.first_byte', settings.timeouts.firstByteMs)}`,
      `timeout tunnel ${durationWord('timeouts.tunnel', settings.timeouts.tunnelMs)}`,
      ...checkRules(app, site),
      ...serverLines(app, name, site, nodes),
    ],
  };
}

/** @throws RefusedValue for a name that could be read as another one, even if an earlier check let it pass */
export function appName({ name }: AppDefinition): string {
  if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) throw new RefusedValue('name', 'is not a name of an app');
  return name;
}

/** A table of its own, so that a flood at one app evicts no other one's clients. */
function countingRules({ edge }: AppDefinition, name: string): readonly Line[] {
  const windowMs = edge?.rateLimit?.windowMs ?? DEFAULT_WINDOW_MS;
  const window = durationWord('edge.rate_limit.window', windowMs);
  const expiry = durationWord('edge.rate_limit.window', Math.max(LEAST_EXPIRY_MS, 2 * windowMs));
  return [
    `http-request deny deny_status 403 unless { src -f lists/allow/${name}.lst }`,
    `http-request deny deny_status 403 if { src -f lists/deny/${name}.lst }`,
    `stick-table type ipv6 size 50k expire ${expiry} peers edge store http_req_rate(${window}),http_err_rate(${window}),conn_cur`,
    'http-request track-sc1 src,ipmask(32,64)',
    'http-request deny deny_status 429 if { sc_http_req_rate(1),sub(txn.requests) gt 0 } || { sc_http_err_rate(1),sub(txn.errors) gt 0 } || { sc_conn_cur(1),sub(txn.concurrent) gt 0 }',
  ];
}

/** A TCP connect to a balancer says little, since it accepts for dead targets too: with a path the app itself is asked. */
function checkRules(app: AppDefinition, { servers: { place } }: Site): readonly Line[] {
  const { health } = app.settings;
  if (place.kind === 'nodes')
    return ['option httpchk', `http-check send meth GET uri ${NODE_HEALTH_PATH}`, 'http-check expect status 200'];
  if (health.path === null) return [];
  const path = word('health.path', health.path);
  const host = word('edge.routes', checkHost(app));
  return ['option httpchk', `http-check send meth GET uri ${path} ver HTTP/1.1 hdr Host ${host}`];
}

function checkHost({ name, settings, edge }: AppDefinition): string {
  if (settings.hostFilter !== null) return settings.hostFilter;
  const exact = edge?.routes.find(({ host }) => host.kind === 'exact')?.host;
  return exact?.kind === 'exact' ? exact.host : `${name}.health.invalid`;
}

function serverLines(app: AppDefinition, name: string, { servers: { place } }: Site, nodes: PodNodes): readonly Line[] {
  const { health } = app.settings;
  const check = [
    `check inter ${durationWord('health.interval', health.intervalMs)}`,
    `rise ${numberWord('health.rise', health.rise)} fall ${numberWord('health.fall', health.fall)}`,
  ].join(' ');
  const pods = [...new Set(serverPods(app))].sort().map((pod) => nameWord('pods', pod));
  if (place.kind === 'dns') {
    const { template, port, slots } = place;
    // One balancer of all pods: a second template of its name would wait for addresses that the first one has.
    const prefixes = template.includes('{pod}') ? pods : ['all'];
    return prefixes.map((prefix) => {
      const host = template.replaceAll('{app}', name).replaceAll('{pod}', prefix);
      assertHostName(host);
      return `server-template ${prefix}- 1-${numberWord('site.servers.slots', slots)} ${host}:${numberWord('site.servers.port', port)} ${check}`;
    });
  }
  if (app.slot === null) throw new RefusedValue('slot', 'is not assigned yet, and the nodes are reached there');
  const slot = app.slot;
  const healthPort = numberWord('slot', slot + 1);
  const lines = pods.flatMap((pod) =>
    (nodes.get(pod) ?? []).map(
      (address) =>
        `server ${nameWord('pods', `${pod}-${address}`)} ${socketWord('site.servers.nodes', { host: address, port: slot })} ${check} port ${healthPort}`,
    ),
  );
  // A list that somebody wrote has a mistake then; in Consul nodes come and go, and until one comes the answer is 503.
  if (lines.length === 0 && place.nodes !== 'consul')
    throw new RefusedValue('pods', `have no nodes in the site: ${pods.join(', ')}`);
  return lines;
}

/** The parts are good labels; together they may be too long, or not. */
function assertHostName(host: string): void {
  const isName =
    host.length <= MAX_HOST_LENGTH &&
    host.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  if (!isName) throw new RefusedValue('name', `makes an invalid DNS name: ${host}`);
}
