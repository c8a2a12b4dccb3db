/** Sessions in the words and lines of HAProxy's `show sess`. What a node has no counterpart of is 0 or empty there. Pure. */
import type { SessionEntry } from '../sessions-document.js';
import { backendsOf } from './backends.js';
import type { ProxyView } from './proxy-view.js';

export interface NamedSession {
  readonly session: SessionEntry;
  readonly backend: string;
  /** `<none>`: no server has it. */
  readonly server: string;
  readonly proxyId: number;
  readonly serverId: number;
  readonly startedAt: Date;
}

export function nameSessions(view: ProxyView, sessions: readonly SessionEntry[]): readonly NamedSession[] {
  const backends = new Map(
    backendsOf(view).map((backend) => [keyOf(backend.view.app.name, backend.isBackup), backend]),
  );
  const servers = new Map(
    [...backends].map(([key, backend]) => [key, new Map(backend.servers.map((server) => [server.address, server]))]),
  );
  return sessions.map((session) => {
    const { app, instance, isNeighbor, ageMs } = session;
    const key = keyOf(app, isNeighbor);
    const server = instance === null ? undefined : servers.get(key)?.get(instance);
    return {
      session,
      backend: backends.get(key)?.name ?? app,
      // An instance that has left the configuration is called as it would be without a name of its own.
      server: instance === null ? '<none>' : (server?.name ?? `${app}_${instance}`),
      proxyId: backends.get(key)?.id ?? 0,
      serverId: server?.id ?? 0,
      startedAt: new Date(view.now - ageMs),
    };
  });
}

/** One line. */
export function formatSession({ session, backend, server }: NamedSession): string {
  const { id, app, client, ageMs, retries } = session;
  const flags = 'rq[f=0h,i=0,an=00h,ax=] rp[f=0h,i=0,an=00h,ax=]';
  const ends = 'scf=[0,0h,fd=-1,rex=,wex=] scb=[0,0h,fd=-1,rex=,wex=]';
  return (
    `${id}: proto=${protoOf(session)} src=${client} fe=${app} be=${backend} srv=${server} ts=00 epoch=0 ` +
    `age=${ageText(ageMs)} calls=0 rate=0 cpu=0 lat=0 ${flags} ${ends} exp= rc=${retries} c_exp=\n`
  );
}

/** As `show sess all` and `show sess ID` have it: the lines that have a counterpart. */
export function formatFullSession(named: NamedSession): string {
  const { session, backend, server, proxyId, serverId, startedAt } = named;
  const { id, app, protocol, client, stage, instance, ageMs, bytesIn, bytesOut, retries, worker } = session;
  const lines = [
    `${id}: [${dateText(startedAt)}] id=${Number.parseInt(id.slice(-8), 16)} proto=${protoOf(session)} source=${client}`,
    `  flags=0x0, conn_retries=${retries}, conn_exp=<NEVER> conn_et=0x000 srv_conn=(nil), pend_pos=(nil) waiting=${stage === 'queued' ? 1 : 0} epoch=0`,
    `  frontend=${app} (id=${proxyId} mode=${protocol}), listener=? (id=1)`,
    `  backend=${backend} (id=${proxyId} mode=${protocol})`,
    `  server=${server} (id=${serverId})${instance === null ? '' : ` addr=${instance}`}`,
    `  task=(nil) (state=0x00 nice=0 calls=0 rate=0 exp=<NEVER> tid=${worker}(${worker + 1}/0) age=${ageText(ageMs)})`,
    `  req=(nil) (f=0x0 an=0x0 tofwd=0 total=${bytesIn})`,
    `  res=(nil) (f=0x0 an=0x0 tofwd=0 total=${bytesOut})`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function keyOf(app: string, isBackup: boolean): string {
  return `${isBackup ? 'backup' : 'own'} ${app}`;
}

function protoOf({ client }: SessionEntry): string {
  return client.startsWith('[') ? 'tcpv6' : 'tcpv4';
}

/** `5s`, `2m5s`, `3h20m`, `1d4h`: the two largest units, as HAProxy's `human_time`. */
function ageText(ageMs: number): string {
  const seconds = Math.floor(ageMs / 1_000);
  const counts = [
    `${Math.floor(seconds / 86_400)}d`,
    `${Math.floor(seconds / 3_600) % 24}h`,
    `${Math.floor(seconds / 60) % 60}m`,
    `${seconds % 60}s`,
  ];
  const first = counts.findIndex((count) => !count.startsWith('0'));
  if (first === -1) return '0s';
  return counts
    .slice(first, first + 2)
    .filter((count) => !count.startsWith('0'))
    .join('');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `30/Nov/2026:07:21:18.541503`, in local time. */
function dateText(at: Date): string {
  const two = (count: number): string => String(count).padStart(2, '0');
  const day = `${two(at.getDate())}/${MONTHS[at.getMonth()]}/${at.getFullYear()}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${day}:${time}.${String(at.getMilliseconds()).padStart(3, '0')}000`;
}
