/** What `show info` says of a node, under HAProxy's names and in its order. Pure. */
import type { ProxyView } from './proxy-view.js';
import type { TypedField } from './typed-fields.js';

/**
 * The version of HAProxy whose verbs are spoken, in front of our own: tools decide by it what they may ask for (Ansible's
 * module drains from 1.5 on).
 */
const SPOKEN_VERSION = '3.2.0';
/** A limit that there is none of. */
const MOST_U32 = 4_294_967_295;
const SPOKEN_RELEASE = '2025/05/28';

export function versionOf({ version }: ProxyView): string {
  return `${SPOKEN_VERSION}-autoproxy-${version}`;
}

type Fact = readonly [pos: number, name: string, tags: string, type: TypedField['type'], value: string | number | null];

/** What a node has none of, and what programs that read `show info` stop without, as hatop. */
const NEVER: readonly Fact[] = [
  [9, 'Memmax_MB', 'CLP', 'u32', 0],
  [20, 'MaxSslConns', 'MMP', 'u32', 0],
  [21, 'CurrSslConns', 'MGP', 'u32', 0],
  [22, 'CumSslConns', 'MCP', 'u32', 0],
  [23, 'Maxpipes', 'CLP', 'u32', 0],
  [24, 'PipesUsed', 'MGP', 'u32', 0],
  [25, 'PipesFree', 'MGP', 'u32', 0],
  [27, 'ConnRateLimit', 'CLP', 'u32', 0],
  [30, 'SessRateLimit', 'CLP', 'u32', 0],
  [32, 'SslRate', 'MRP', 'u32', 0],
  [33, 'SslRateLimit', 'CLP', 'u32', 0],
  [34, 'MaxSslRate', 'MMP', 'u32', 0],
  [35, 'SslFrontendKeyRate', 'MGP', 'u32', 0],
  [36, 'SslFrontendMaxKeyRate', 'MMP', 'u32', 0],
  [37, 'SslFrontendSessionReuse_pct', 'MGP', 'u32', 0],
  [38, 'SslBackendKeyRate', 'MRP', 'u32', 0],
  [39, 'SslBackendMaxKeyRate', 'MMP', 'u32', 0],
  [40, 'SslCacheLookups', 'MCP', 'u32', 0],
  [41, 'SslCacheMisses', 'MCP', 'u32', 0],
  [42, 'CompressBpsIn', 'MRP', 'u32', 0],
  [43, 'CompressBpsOut', 'MRP', 'u32', 0],
  [44, 'CompressBpsRateLim', 'CLP', 'u32', 0],
  [47, 'Tasks', 'MGP', 'u32', 0],
  [48, 'Run_queue', 'MGP', 'u32', 0],
];

export function nodeFactsOf(view: ProxyView): readonly TypedField[] {
  const { pid, workers, uptimeMs, startedAt, clients, apps, node, isStopping } = view;
  const { traffic, idlePercent, descriptors, droppedLines } = view;
  const maxSockets = Math.min(MOST_U32, descriptors * workers);
  const seconds = Math.floor(uptimeMs / 1_000);
  const sumOf = (count: (app: (typeof apps)[number]) => number): number =>
    apps.reduce((sum, app) => sum + count(app), 0);
  const facts: readonly Fact[] = [
    ...NEVER,
    [0, 'Name', 'POS', 'str', 'autoproxy'],
    [1, 'Version', 'POS', 'str', versionOf(view)],
    [2, 'Release_date', 'POS', 'str', SPOKEN_RELEASE],
    [3, 'Nbthread', 'CGS', 'u32', workers],
    [4, 'Nbproc', 'CGS', 'u32', 1],
    [5, 'Process_num', 'KGP', 'u32', 1],
    [6, 'Pid', 'SGP', 'u32', pid],
    [7, 'Uptime', 'MDP', 'str', uptimeText(seconds)],
    [8, 'Uptime_sec', 'MDP', 'u32', seconds],
    [13, 'Ulimit-n', 'CLP', 'u32', Math.min(MOST_U32, descriptors)],
    [14, 'Maxsock', 'CLP', 'u32', maxSockets],
    [15, 'Maxconn', 'CLP', 'u32', clients.limit ?? maxSockets],
    [16, 'Hard_maxconn', 'CLP', 'u32', clients.limit ?? maxSockets],
    [17, 'CurrConns', 'MGP', 'u32', clients.open],
    [18, 'CumConns', 'MCP', 'u32', sumOf(({ counters }) => counters.connections)],
    [19, 'CumReq', 'MCP', 'u32', sumOf(({ counters }) => counters.requests)],
    [26, 'ConnRate', 'MRP', 'u32', traffic.rate],
    [28, 'MaxConnRate', 'MMP', 'u32', traffic.mostPerSecond],
    [29, 'SessRate', 'MRP', 'u32', traffic.rate],
    [31, 'MaxSessRate', 'MRP', 'u32', traffic.mostPerSecond],
    [49, 'Idle_pct', 'MaP', 'u32', idlePercent],
    [50, 'node', 'COS', 'str', node],
    [52, 'Stopping', 'MGP', 'u32', isStopping ? 1 : 0],
    [58, 'DroppedLogs', 'MGP', 'u32', droppedLines],
    [61, 'TotalBytesOut', 'MGP', 'u64', sumOf(({ counters }) => counters.bytesOut)],
    [70, 'Start_time_sec', 'MDP', 'u32', Math.floor(startedAt / 1_000)],
    [73, 'MaxconnReached', 'MCP', 'u32', clients.limitReached],
    [76, 'CurrStreams', 'MGP', 'u64', sumOf(({ counters }) => counters.inFlight)],
    [77, 'CumStreams', 'MGP', 'u64', sumOf(({ counters }) => counters.requests)],
  ];
  return facts
    .toSorted(([one], [other]) => one - other)
    .flatMap(([pos, name, tags, type, value]) => (value === null ? [] : [{ pos, name, tags, type, value }]));
}

function uptimeText(seconds: number): string {
  const two = (count: number): string => String(count).padStart(2, '0');
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3_600) % 24, (seconds / 60) % 60].map(Math.floor);
  return `${days}d ${hours}h${two(minutes ?? 0)}m${two(seconds % 60)}s`;
}
