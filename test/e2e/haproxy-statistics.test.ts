/**
 * A node and real HAProxy with the same app and the same instances: one up, one that refuses connections, one that answers
 * its checks with 404, one drained, one in maintenance. Python's parser reads both CSVs.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { COLUMNS } from '../../src/admin/haproxy/columns.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { HAPROXY_ENDS, type TestedVersion } from '../support/edge/haproxy-versions.js';
import { type StatsHaproxy, startStatsHaproxy } from '../support/edge/stats-haproxy.js';
import { eventually } from '../support/eventually.js';
import { type CsvRow, readCsvWithPython } from '../support/machine/python-csv.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

interface Pair {
  readonly node: RunningNode;
  readonly haproxy: StatsHaproxy;
  readonly rows: { readonly node: readonly CsvRow[]; readonly haproxy: readonly CsvRow[] };
}

async function startOrigin(context: TestContext, status: number): Promise<string> {
  const host = ownAddress();
  const server = createServer((_, response) => response.writeHead(status).end('hello'));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  return `${host}:${(server.address() as { readonly port: number }).port}`;
}

async function measuredRows(haproxy: StatsHaproxy): Promise<readonly CsvRow[]> {
  let rows: readonly CsvRow[] = [];
  await eventually('HAProxy has checked all servers', async () => {
    rows = readCsvWithPython(await haproxy.ask('show stat'));
    const statuses = rows.map(({ status }) => status);
    if (statuses.filter((status) => status === 'DOWN').length !== 2 || !statuses.includes('UP')) return false;
    // A star says that a check is under way, and its other columns are empty.
    return rows.every(({ check_status: status = '' }) => !status.startsWith('*'));
  });
  return rows;
}

/** Clients have closed their connections; either side sees it a moment later. */
async function untilIdle(what: string, readRows: () => Promise<readonly CsvRow[]>): Promise<readonly CsvRow[]> {
  let rows: readonly CsvRow[] = [];
  await eventually(`${what} has no connection of a client`, async () => {
    rows = await readRows();
    return rows.every(({ pxname, svname, scur }) => pxname !== 'shop' || svname !== 'FRONTEND' || scur === '0');
  });
  return rows;
}

async function startPair(context: TestContext, version: TestedVersion): Promise<Pair> {
  const closedHost = ownAddress();
  const up = await startOrigin(context, 200);
  const closed = `${closedHost}:${await freePort(closedHost)}`;
  const wrong = await startOrigin(context, 404);
  const drained = await startOrigin(context, 200);
  const resting = await startOrigin(context, 200);
  const instances = [up, closed, wrong, drained, resting];
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': [
      ...['shop:', '  protocol: http', `  translated_port: ${slot}`, '  health: {path: /health, timeout: 10s}'],
      ...[`  instances: [${instances.map((id) => `"${id}"`).join(', ')}]`, ''],
    ].join('\n'),
  }));
  const haproxy = await startStatsHaproxy(context, version, [
    {
      name: 'shop',
      lines: ['balance roundrobin', 'option httpchk GET /health'],
      servers: instances.map((id) => ({
        name: `shop_${id}`,
        address: id,
        words: 'check inter 1000 rise 2 fall 3 weight 100',
      })),
    },
  ]);
  for (const [state, id] of [
    ['drain', drained],
    ['maint', resting],
  ] as const) {
    const { exitCode } = await runCliHere([state, `shop/${id}`, '--admin', node.admin]);
    assert.equal(exitCode, 0);
    await haproxy.ask(`set server shop/shop_${id} state ${state}`);
  }
  // Until its first check HAProxy sends requests to any server.
  await measuredRows(haproxy);
  for (let count = 0; count < 3; count += 1) {
    assert.equal((await ask(node.host, node.slot)).status, 200);
    assert.equal((await ask(haproxy.host, haproxy.port)).status, 200);
  }
  const nodeRows = async (): Promise<readonly CsvRow[]> =>
    readCsvWithPython(await (await fetch(`http://${node.admin}/;csv`)).text());
  const rows = {
    node: await untilIdle('the node', nodeRows),
    haproxy: await untilIdle('HAProxy', () => measuredRows(haproxy)),
  };
  return { node, haproxy, rows };
}

const TIMES = ['q', 'c', 'r', 't'].flatMap((letter) => [`${letter}time`, `${letter}time_max`]);
/** Where both are right and yet differ: numbers of their own, times, the words of a failure, the heads of messages. */
const OWN_VALUES = new Set([
  ...['iid', 'slim', 'lastchg', 'downtime', 'check_duration', 'last_chk', 'bin', 'bout'],
  // How often a connection was used again is a choice; HAProxy counts a first check that fails as a way down.
  ...['chkfail', 'chkdown', 'connect', 'reuse', 'srv_icur', 'idle_conn_cur', ...TIMES],
  // Of the last second; the second test compares them.
  ...['smax', 'rate', 'rate_max', 'req_rate', 'req_rate_max', 'conn_rate', 'conn_rate_max', 'lastsess'],
]);

for (const version of HAPROXY_ENDS) {
  test(`the CSV of a node has the columns and the values of HAProxy ${version}`, async (context) => {
    const { node, haproxy, rows } = await startPair(context, version);
    const header = async (text: Promise<string>): Promise<string[]> => (await text).split('\n', 1)[0]?.split(',') ?? [];
    const theirs = await header(haproxy.ask('show stat'));
    const ours = await header((await fetch(`http://${node.admin}/;csv`)).text());
    const shared = COLUMNS.filter(({ since }) => since === '2.6' || version === '3.2').length;
    assert.deepEqual(ours.slice(0, shared), theirs.slice(0, shared));
    assert.equal(theirs[shared], '-', 'both have the same columns up to here');

    const ofShop = rows.haproxy.filter(({ pxname }) => pxname === 'shop');
    const names = (list: readonly CsvRow[]): string[] => list.map(({ svname = '' }) => svname).sort();
    assert.deepEqual(names(rows.node), names(ofShop));
    const differences: string[] = [];
    for (const row of rows.node) {
      const other = ofShop.find(({ svname }) => svname === row.svname) ?? {};
      for (const { name } of COLUMNS.slice(0, shared)) {
        const [mine = '', theirValue = ''] = [row[name], other[name]];
        if (mine === '' || OWN_VALUES.has(name)) continue;
        if (mine !== theirValue) differences.push(`${row.svname} ${name}: ${mine}, HAProxy ${theirValue}`);
      }
    }
    assert.deepEqual(differences, []);
  });
}

type Read = () => Promise<readonly CsvRow[]>;

/** Requests that are under way together at a proxy, wait for the test's word and end. */
async function burst({ host, port }: Address, read: Read, instance: HttpInstance, count: number): Promise<void> {
  const answers = Array.from({ length: count }, async () => {
    const response = await fetch(`http://${host}:${port}/slow`, { headers: { connection: 'close' } });
    return response.text();
  });
  await eventually(`${count} requests are under way`, async () => (await read())[0]?.scur === `${count}`);
  for (let left = count; left > 0; left -= 1) await eventually('one is answered', async () => instance.answerSlow());
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(['late']));
}

/** Each takes three seconds. */
const MOST_BURSTS = 10;

interface Address {
  readonly host: string;
  readonly port: number;
}

for (const version of HAPROXY_ENDS) {
  test(`the most at once, the most a second and the age of the last session are those of HAProxy ${version}`, async (context) => {
    const instance = await HttpInstance.start(context);
    const node = await startNode(context, (_host, slot) => ({
      'shop.yml': `shop: {protocol: http, translated_port: ${slot}, limits: {connections: 2}, instances: ["${instance.id}"]}\n`,
    }));
    const servers = [{ name: `shop_${instance.id}`, address: instance.id, words: 'check inter 1000 maxconn 2' }];
    const haproxy = await startStatsHaproxy(context, version, [
      { name: 'shop', lines: ['timeout queue 20s'], servers },
    ]);
    const readHaproxy = async () => readCsvWithPython(await haproxy.ask('show stat'));
    const readNode = async () => readCsvWithPython(await (await fetch(`http://${node.admin}/;csv`)).text());
    const valuesOf = (columns: readonly string[]) =>
      Promise.all(
        [readHaproxy, readNode].map(async (read) => {
          const rows = (await read()).filter(({ pxname }) => pxname === 'shop');
          return rows.map((row) => [row.svname, ...columns.map((column) => `${column} ${row[column]}`)].join(', '));
        }),
      );
    assert.deepEqual((await valuesOf(['smax', 'lastsess']))[1], (await valuesOf(['smax', 'lastsess']))[0]);
    const most = ['smax', 'qmax', 'rate_max', 'req_rate_max', 'conn_rate_max'];
    let [theirs, ours] = [[''], ['']];
    // A burst may come when one of the two begins to count anew, so it is repeated; a second lies between two of them.
    for (let bursts = 0; bursts < MOST_BURSTS; bursts += 1) {
      await burst(haproxy, readHaproxy, instance, 5);
      await burst({ host: node.host, port: node.slot }, readNode, instance, 5);
      await eventually('it is a second ago', async () => {
        const isPast = (row: string): boolean => row.endsWith('rate 0') && !row.endsWith('lastsess 0');
        return (await valuesOf(['lastsess', 'rate'])).flat().every(isPast);
      });
      [theirs = [], ours = []] = await valuesOf(most);
      // Those that are queued reach the server one after the other, as the machine has time for them.
      [theirs, ours] = [theirs, ours].map((rows) =>
        rows.map((row) => row.replace(/^(shop_.* rate_max) [0-5],/, '$1 up to 5,')),
      ) as [string[], string[]];
      if (![...theirs, ...ours].some((row) => /rate_max [0-4](,|$)/.test(row))) break;
    }
    assert.deepEqual(theirs, [
      'FRONTEND, smax 5, qmax , rate_max 5, req_rate_max 5, conn_rate_max 5',
      `shop_${instance.id}, smax 2, qmax 0, rate_max up to 5, req_rate_max , conn_rate_max `,
      'BACKEND, smax 5, qmax 3, rate_max 5, req_rate_max , conn_rate_max ',
    ]);
    // Servers have no queues of their own here, and who waits for a permit of the instance for a moment waits in the queue.
    const alike = theirs.map((row) => row.replace('qmax 0', 'qmax '));
    assert.deepEqual(
      ours.map((row) => row.replace(/qmax [45]/, 'qmax 3')),
      alike,
    );
  });
}

test('what several workers have at once is added, and a moment of each second is enough', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(
    context,
    (_host, slot) => ({
      'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: ["${instance.id}"]}\n`,
    }),
    { '--workers': '3' },
  );
  const read = async () => readCsvWithPython(await (await fetch(`http://${node.admin}/;csv`)).text());
  await burst({ host: node.host, port: node.slot }, read, instance, 40);
  const rows = await untilIdle('the node', read);
  assert.deepEqual(
    rows.map(({ smax, scur }) => `${smax} ${scur}`),
    ['40 0', '40 0', '40 0'],
  );
});
