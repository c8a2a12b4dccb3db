/**
 * Debian's Prometheus reads a real node; its promtool judges the metrics and the rules; and what HAProxy's own exporter says
 * stands beside what the node says of the same instances.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { runHaproxy } from '../support/edge/haproxy-process.js';
import { HAPROXY_ENDS, haproxyOfVersion, type TestedVersion } from '../support/edge/haproxy-versions.js';
import { eventually } from '../support/eventually.js';
import { promtool, startPrometheus } from '../support/machine/prometheus.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { ask } from '../support/traffic/steady-traffic.js';

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));

interface Series {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

interface Scrape {
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
  readonly series: readonly Series[];
}

function parseScrape(text: string): Scrape {
  const [types, helps] = [new Map<string, string>(), new Map<string, string>()];
  const series: Series[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const [, kind, family = '', words = ''] = /^# (TYPE|HELP) (\S+) (.*)$/.exec(line) ?? [];
    if (kind !== undefined) (kind === 'TYPE' ? types : helps).set(family, words);
    const [, name, pairs = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const labels = new Map([...pairs.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text]));
    series.push({ name, labels, value: Number(value) });
  }
  return { types, helps, series };
}

async function scrape(url: string, accept = 'text/plain'): Promise<Scrape> {
  const response = await fetch(url, { headers: { accept } });
  assert.equal(response.status, 200);
  return parseScrape(await response.text());
}

async function startOrigin(context: TestContext): Promise<string> {
  const host = ownAddress();
  const server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  return `${host}:${(server.address() as { readonly port: number }).port}`;
}

/** One instance that is up and one that refuses connections. */
async function startShop(context: TestContext): Promise<{ readonly node: RunningNode; readonly instances: string[] }> {
  const closedHost = ownAddress();
  const instances = [await startOrigin(context), `${closedHost}:${await freePort(closedHost)}`];
  const list = instances.map((id) => `"${id}"`).join(', ');
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  health: {path: /}\n  instances: [${list}]\n`,
  }));
  return { node, instances };
}

async function startHaproxy(context: TestContext, version: TestedVersion, instances: readonly string[]) {
  const host = ownAddress();
  const [port, metrics] = [await freePort(host), await freePort(host)];
  const file = path.join(temporaryFolder(context, 'haproxy'), 'haproxy.cfg');
  const servers = instances.map((id) => `  server shop_${id} ${id} check inter 300 fall 1 weight 100`);
  const lines = [
    ...['global', '  nbthread 1', 'defaults', '  mode http', '  timeout connect 1s'],
    ...['  timeout client 5s', '  timeout server 5s', '  timeout check 1s'],
    ...['frontend shop', `  bind ${host}:${port}`, '  default_backend shop'],
    ...['backend shop', '  option httpchk GET /', ...servers],
    ...['frontend exporter', `  bind ${host}:${metrics}`, '  http-request use-service prometheus-exporter', ''],
  ];
  await writeFile(file, lines.join('\n'));
  await runHaproxy(context, { program: haproxyOfVersion(version), file, awaited: { host, port: metrics } });
  return { host, port, url: `http://${host}:${metrics}/metrics` };
}

/** Sums, times, the last second and heads of messages differ, and how often a connection is used again is a choice. */
const OWN_VALUES =
  /_time_|_bytes_|_seconds|_code$|connection_(attempts|reuses)|check_(failures|up_down)|idle_conn|limit_sessions|downtime|process_|frontend_(connections|sessions)|current_sessions|max_sessions|_rate/;

/** What 2.6 does not have yet. */
const NEWER = /^haproxy_(server_http_requests_total|(frontend|backend|server)_current_session_rate)$/;

for (const version of HAPROXY_ENDS) {
  test(`what has a name of HAProxy ${version} has its type, words, labels and values`, async (context) => {
    const { node, instances } = await startShop(context);
    const haproxy = await startHaproxy(context, version, instances);
    const url = `http://${node.admin}/metrics`;
    const downOf = async (at: string): Promise<number> => {
      const { series } = await scrape(at);
      return series.filter(
        ({ name, labels, value }) =>
          name === 'haproxy_server_check_status' && labels.get('proxy') === 'shop' && value === 1,
      ).length;
    };
    const isDown = async (at: string): Promise<boolean> => {
      const { series } = await scrape(at);
      return series.some(
        ({ name, labels, value }) => name === 'haproxy_server_status' && labels.get('state') === 'DOWN' && value === 1,
      );
    };
    for (const at of [url, haproxy.url])
      await eventually(`all servers are checked at ${at}`, async () => (await downOf(at)) === 2 && (await isDown(at)));
    for (let count = 0; count < 3; count += 1) {
      assert.equal((await ask(node.host, node.slot)).status, 200);
      assert.equal((await ask(haproxy.host, haproxy.port)).status, 200);
    }
    const [ours, theirs] = [await scrape(url), await scrape(haproxy.url)];
    const keyOf = ({ name, labels }: Series): string => `${name} ${JSON.stringify([...labels].sort())}`;
    const values = new Map(theirs.series.map((one) => [keyOf(one), one.value]));
    const shared = ours.series.filter(({ name }) => name.startsWith('haproxy_'));
    assert.ok(shared.length > 100, `${shared.length} series are compared`);
    const differences: string[] = [];
    for (const name of new Set(shared.map((one) => one.name))) {
      if (version === '2.6' && NEWER.test(name)) continue;
      if (ours.types.get(name) !== theirs.types.get(name)) differences.push(`${name}: ${theirs.types.get(name)}`);
      if (ours.helps.get(name) !== theirs.helps.get(name)) differences.push(`${name}: ${theirs.helps.get(name)}`);
    }
    for (const one of shared) {
      const key = keyOf(one);
      if (version === '2.6' && NEWER.test(one.name)) continue;
      if (!values.has(key)) differences.push(`HAProxy has no ${key}`);
      else if (!OWN_VALUES.test(one.name) && values.get(key) !== one.value)
        differences.push(`${key}: ${one.value}, HAProxy ${values.get(key)}`);
    }
    assert.deepEqual(differences, []);
  });
}

/** Names of metrics in an expression, each with the labels that stand in braces behind it. */
function usesIn(expression: string): readonly { readonly name: string; readonly labels: readonly string[] }[] {
  return [...expression.matchAll(/\b((?:autoproxy|haproxy)_[a-z_]+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', pairs = '']) => ({
      name,
      labels: [...pairs.matchAll(/([a-z_]+)\s*(?:=|!)/g)].map(([, label = '']) => label),
    }),
  );
}

function expressionsOf(): readonly string[] {
  const board: unknown = JSON.parse(readFileSync(path.join(EXAMPLES, 'grafana/autoproxy.json'), 'utf8'));
  const found: string[] = [];
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [key, value] of Object.entries(part)) {
      if (typeof value === 'string' && (key === 'expr' || key === 'definition')) found.push(value);
      else walk(value);
    }
  };
  walk(board);
  return [...found, readFileSync(path.join(EXAMPLES, 'prometheus/alerts.yml'), 'utf8')];
}

test('a real Prometheus reads a node; board and alerts name what the node has; promtool finds nothing', async (context) => {
  const { node } = await startShop(context);
  for (let count = 0; count < 3; count += 1) assert.equal((await ask(node.host, node.slot)).status, 200);
  await node.write('broken.yml', 'broken: [');
  const url = `http://${node.admin}/metrics`;
  const text = await (await fetch(url)).text();
  assert.deepEqual(await promtool(['check', 'metrics'], text), { exitCode: 0, text: '' });
  const rules = path.join(EXAMPLES, 'prometheus/alerts.yml');
  for (const args of [
    ['check', 'rules', rules],
    ['check', 'config', path.join(EXAMPLES, 'prometheus/prometheus.yml')],
    ['test', 'rules', path.join(EXAMPLES, 'prometheus/alerts.test.yml')],
  ]) {
    const { exitCode, text: said } = await promtool(args);
    assert.equal(exitCode, 0, said);
  }

  const prometheus = await startPrometheus(context, [node.admin], [rules]);
  const known = async (name: string): Promise<ReadonlySet<string>> => {
    const found = await prometheus.query(name);
    return new Set([...found.keys()].flatMap((labels) => Object.keys(JSON.parse(labels))));
  };
  await eventually('it has scraped the node', async () => (await prometheus.query('up == 1')).size === 1);
  await eventually('the requests are there', async () =>
    [...(await prometheus.query('autoproxy_requests_total')).values()].includes(3),
  );
  const format = await prometheus.query('sum(haproxy_server_sessions_total)');
  assert.deepEqual([...format.values()], [3]);
  const missing: string[] = [];
  for (const { name, labels } of expressionsOf().flatMap(usesIn)) {
    // Only where something failed.
    if (name === 'autoproxy_errors_total') continue;
    const has = await known(name);
    if (has.size === 0) missing.push(name);
    for (const label of labels) if (!has.has(label)) missing.push(`${name}{${label}}`);
  }
  assert.deepEqual([...new Set(missing)], []);
  assert.ok(readdirSync(path.join(EXAMPLES, 'grafana')).length === 1);
});

test('a node that asks for a token gives its metrics to a Prometheus that has it, in each of its ways', async (context) => {
  const folder = temporaryFolder(context, 'token');
  const file = path.join(folder, 'token');
  await writeFile(file, 'token-of-the-operators-1\n', { mode: 0o600 });
  const node = await startNode(context, () => ({}), { '--admin-token-file': file });
  for (const [access, isUp] of [
    [{ authorization: { credentials_file: file } }, 1],
    [{ basic_auth: { username: 'prometheus', password_file: file } }, 1],
    [{}, 0],
  ] as const) {
    const prometheus = await startPrometheus(context, [node.admin], [], access);
    await eventually(`it is ${isUp} with ${JSON.stringify(access)}`, async () => {
      const [up] = [...(await prometheus.query('up{job="autoproxy"}')).values()];
      return up === isUp;
    });
  }
});
