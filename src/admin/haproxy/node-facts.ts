/** What `show info` says of a node, under HAProxy's names and in its order. Pure. */
import type { ProxyView } from './proxy-view.js';
import type { TypedField } from './typed-fields.js';

/**
 * The version of HAProxy whose verbs are spoken, in front of our own: tools decide by it what they may ask for (Ansible's
 * module drains from 1.5 on).
 */
const SPOKEN_VERSION = '3.2.0';

export function versionOf({ version }: ProxyView): string {
  return `${SPOKEN_VERSION}-autoproxy-${version}`;
}

export function nodeFactsOf(view: ProxyView): readonly TypedField[] {
  const { pid, workers, uptimeMs, startedAt, clients, apps, node, isStopping } = view;
  const seconds = Math.floor(uptimeMs / 1_000);
  const sumOf = (count: (app: (typeof apps)[number]) => number): number =>
    apps.reduce((sum, app) => sum + count(app), 0);
  const facts: readonly (readonly [number, string, string, TypedField['type'], string | number | null])[] = [
    [0, 'Name', 'POS', 'str', 'autoproxy'],
    [1, 'Version', 'POS', 'str', versionOf(view)],
    [3, 'Nbthread', 'CGS', 'u32', workers],
    [4, 'Nbproc', 'CGS', 'u32', 1],
    [5, 'Process_num', 'KGP', 'u32', 1],
    [6, 'Pid', 'SGP', 'u32', pid],
    [7, 'Uptime', 'MDP', 'str', uptimeText(seconds)],
    [8, 'Uptime_sec', 'MDP', 'u32', seconds],
    [15, 'Maxconn', 'CLP', 'u32', clients.limit],
    [17, 'CurrConns', 'MGP', 'u32', clients.open],
    [18, 'CumConns', 'MCP', 'u32', sumOf(({ counters }) => counters.connections)],
    [19, 'CumReq', 'MCP', 'u32', sumOf(({ counters }) => counters.requests)],
    [50, 'node', 'COS', 'str', node],
    [52, 'Stopping', 'MGP', 'u32', isStopping ? 1 : 0],
    [61, 'TotalBytesOut', 'MGP', 'u64', sumOf(({ counters }) => counters.bytesOut)],
    [70, 'Start_time_sec', 'MDP', 'u32', Math.floor(startedAt / 1_000)],
    [73, 'MaxconnReached', 'MCP', 'u32', clients.limitReached],
    [76, 'CurrStreams', 'MGP', 'u64', sumOf(({ counters }) => counters.inFlight)],
    [77, 'CumStreams', 'MGP', 'u64', sumOf(({ counters }) => counters.requests)],
  ];
  return facts.flatMap(([pos, name, tags, type, value]) => (value === null ? [] : [{ pos, name, tags, type, value }]));
}

function uptimeText(seconds: number): string {
  const two = (count: number): string => String(count).padStart(2, '0');
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3_600) % 24, (seconds / 60) % 60].map(Math.floor);
  return `${days}d ${hours}h${two(minutes ?? 0)}m${two(seconds % 60)}s`;
}
