/** Requests that a proxy refuses before it looks for an instance: HAProxy's FRONTEND has them, its BACKEND does not. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { HAPROXY_ENDS, type TestedVersion } from '../support/edge/haproxy-versions.js';
import { startStatsHaproxy } from '../support/edge/stats-haproxy.js';
import { eventually } from '../support/eventually.js';
import { type CsvRow, readCsvWithPython } from '../support/machine/python-csv.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { RawConnection } from '../support/traffic/raw-connection.js';

const HOST = 'shop.example';
const GOOD = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`;
const OTHER_HOST = 'GET / HTTP/1.1\r\nHost: else.example\r\nConnection: close\r\n\r\n';

/** Each with the statuses that both answer. */
const REFUSED: Readonly<Record<string, readonly [text: string, status: number]>> = {
  badName: [`GET / HTTP/1.1\r\nHost: ${HOST}\r\nbad name: x\r\n\r\n`, 400],
  badStartLine: ['GET\r\n\r\n', 400],
  badChunk: [`POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
  otherHost: [OTHER_HOST, 503],
  late: ['GET / HT', 408],
};

interface Proxy {
  readonly host: string;
  readonly port: number;
  csv(): Promise<string>;
}

interface Started {
  readonly instance: HttpInstance;
  readonly node: RunningNode;
  readonly theirs: Proxy;
  readonly ours: Proxy;
}

async function startBoth(context: TestContext, version: TestedVersion): Promise<Started> {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': [
      `shop: {protocol: http, translated_port: ${slot}, filters: {host: ${HOST}}, timeouts: {request_head: 1s},`,
      `  instances: ["${instance.id}"]}`,
      '',
    ].join('\n'),
  }));
  const servers = [{ name: `shop_${instance.id}`, address: instance.id, words: '' }];
  const frontend = ['timeout http-request 1s'];
  const haproxy = await startStatsHaproxy(context, version, [
    { name: 'shop', host: HOST, frontend, lines: [], servers },
  ]);
  return {
    ...{ instance, node },
    theirs: { host: haproxy.host, port: haproxy.port, csv: () => haproxy.ask('show stat') },
    ours: { host: node.host, port: node.slot, csv: async () => (await fetch(`http://${node.admin}/;csv`)).text() },
  };
}

async function ask({ host, port }: Proxy, text: string, status: number): Promise<void> {
  const client = await RawConnection.open(port, host);
  client.write(text);
  assert.equal((await client.response()).status, status, text);
  client.close();
}

async function askAll(proxy: Proxy): Promise<void> {
  for (const [text, status] of Object.values(REFUSED)) await ask(proxy, text, status);
  const gone = await RawConnection.open(proxy.port, proxy.host);
  gone.write('GET / HT');
  gone.socket.end();
  await gone.ended();
}

/** Both count a request at its end, which a client sees a moment before. */
async function rowsAfter({ csv }: Proxy, requests: number): Promise<readonly CsvRow[]> {
  let rows: readonly CsvRow[] = [];
  await eventually(`${requests} requests have ended`, async () => {
    rows = readCsvWithPython(await csv()).filter(({ pxname }) => pxname === 'shop');
    const [frontend] = rows;
    return frontend?.scur === '0' && frontend.req_tot === String(requests);
  });
  return rows;
}

function shown(rows: readonly CsvRow[], columns: readonly string[]): readonly string[] {
  return rows.map((row) => [row.svname, ...columns.map((name) => `${name} ${row[name]}`)].join(', '));
}

/** Its sessions at once and its bytes: numbers of their own, as each takes its requests in. */
function backendOf(rows: readonly CsvRow[]): string {
  return shown(rows, ['smax', 'bin', 'bout']).at(-1) ?? '';
}

for (const version of HAPROXY_ENDS) {
  test(`what is refused before an instance is looked for counts as in HAProxy ${version}`, async (context) => {
    const { instance, node, theirs, ours } = await startBoth(context, version);
    const counts: (readonly string[])[] = [];
    for (const proxy of [theirs, ours]) {
      await ask(proxy, GOOD, 200);
      const served = await rowsAfter(proxy, 1);
      await askAll(proxy);
      const rows = await rowsAfter(proxy, 7);
      assert.equal(backendOf(rows), backendOf(served));
      assert.match(backendOf(rows), /^BACKEND, smax 1, bin [1-9]\d*, bout [1-9]\d*$/);
      counts.push(shown(rows, ['stot', 'req_tot', 'ereq', 'hrsp_2xx', 'hrsp_4xx', 'hrsp_5xx']));
    }
    assert.deepEqual(counts[1], counts[0]);
    assert.match(counts[0]?.at(-1) ?? '', /^BACKEND, stot 1, req_tot 1, ereq , hrsp_2xx 1, hrsp_4xx 0, hrsp_5xx 0$/);
    const [, bin, bout] = /bin (\d+), bout (\d+)/.exec(backendOf(await rowsAfter(ours, 7))) ?? [];
    const metrics = await (await fetch(`http://${node.admin}/metrics`)).text();
    const names = /^haproxy_backend_(?:sessions|http_\w+|bytes_\w+)_total\S+ [1-9]\d*$/gm;
    assert.deepEqual(
      [...metrics.matchAll(names)].map(([line]) => line),
      [
        'haproxy_backend_sessions_total{proxy="shop"} 1',
        `haproxy_backend_bytes_in_total{proxy="shop"} ${bin}`,
        `haproxy_backend_bytes_out_total{proxy="shop"} ${bout}`,
        'haproxy_backend_http_responses_total{proxy="shop",code="2xx"} 1',
        'haproxy_backend_http_requests_total{proxy="shop"} 1',
      ],
    );
    for (const proxy of [theirs, ours]) {
      const slow = await RawConnection.open(proxy.port, proxy.host);
      slow.write(GOOD.replace('/', '/slow'));
      await eventually('one is under way', () => instance.slowRequests === 1);
      await ask(proxy, OTHER_HOST, 503);
      instance.answerSlow();
      await slow.response();
      slow.close();
      assert.match(backendOf(await rowsAfter(proxy, 9)), /^BACKEND, smax 1,/);
    }
  });
}
