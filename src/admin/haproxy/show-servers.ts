import { type BackendRow, backendsOf, type ServerRow } from './backends.js';
import { findBackend } from './named-server.js';
import type { ProxyView } from './proxy-view.js';
import { checkHealthOf, checkNumberOf, checkResultOf } from './server-words.js';
import type { Verb } from './stats-node.js';

const STATE_NAMES =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight ' +
  'srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state ' +
  'bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr ' +
  'srv_agent_addr srv_agent_port';
/** Of the format of the lines. */
const STATE_VERSION = 1;
const CONNECTION_NAMES =
  '# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur ' +
  'idle_per_thr[1]';

const ADMIN_STATE = { ready: 0, maint: 1, drain: 8 } as const;
/** Where the configuration says so, and no operator. */
const FROM_CONFIGURATION = 4;
const CONFIGURED_AND_ENABLED = 6;
const PAUSED = 8;

export const SHOW_SERVERS_STATE: Verb = {
  words: ['show', 'servers', 'state'],
  usage: 'show servers state [<backend>]',
  help: 'dump volatile server information (all or for a single backend)',
  async run([name], { node }) {
    const backends = chosenBackends(await node.proxies(), name);
    return typeof backends === 'string' ? backends : lines([`${STATE_VERSION}`, STATE_NAMES], backends, stateLineOf);
  },
};

export const SHOW_SERVERS_CONN: Verb = {
  words: ['show', 'servers', 'conn'],
  usage: 'show servers conn [<backend>]',
  help: 'dump server connections status (all or for a single backend)',
  async run([name], { node }) {
    const backends = chosenBackends(await node.proxies(), name);
    return typeof backends === 'string' ? backends : lines([CONNECTION_NAMES], backends, connectionLineOf);
  },
};

export const SHOW_BACKEND: Verb = {
  words: ['show', 'backend'],
  usage: 'show backend',
  help: 'list backends in the current running config',
  async run(_, { node }) {
    return lines(['# name', ...backendsOf(await node.proxies()).map(({ name }) => name)], [], stateLineOf);
  },
};

function chosenBackends(view: ProxyView, name: string | undefined): readonly BackendRow[] | string {
  if (name === undefined) return backendsOf(view);
  const backend = findBackend(view, name);
  return backend === null || backend.name !== name ? "Can't find backend.\n" : [backend];
}

function lines(
  heads: readonly string[],
  backends: readonly BackendRow[],
  lineOf: (server: ServerRow, backend: BackendRow) => string,
): string {
  const rows = backends.flatMap((backend) => backend.servers.map((server) => lineOf(server, backend)));
  return [...heads, ...rows].map((line) => `${line}\n`).join('');
}

function stateLineOf(server: ServerRow, backend: BackendRow): string {
  const { id, name, host, port, isUp, state, isDecided, weight, sourceWeight, check } = server;
  const isMaint = state === 'maint';
  const admin = ADMIN_STATE[state] + (isMaint && !isDecided ? FROM_CONFIGURATION : 0);
  return [
    ...[backend.id, backend.name, id, name, host, isUp && !isMaint ? 2 : 0, admin, weight, sourceWeight],
    Math.floor((check.sinceMs ?? 0) / 1_000),
    ...[checkNumberOf(server), checkResultOf(server), isMaint ? 0 : checkHealthOf(server)],
    CONFIGURED_AND_ENABLED + (isMaint ? PAUSED : 0),
    ...[0, 0, 0, '-', port, '-', 0, 0, '-', '-', 0],
  ].join(' ');
}

/** What a node does not know of its connections is `-`, as HAProxy writes where it has nothing. */
function connectionLineOf({ id, name, host, port, counters }: ServerRow, backend: BackendRow): string {
  const [used, idle] = [counters?.inFlight ?? '-', counters?.idle ?? '-'];
  const place = [`${backend.name}/${name}`, `${backend.id}/${id}`, host, port, '-'];
  return [...place, '-', used, '-', '-', '-', '-', -1, idle, idle].join(' ');
}
