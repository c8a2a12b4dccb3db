/** Requests that a proxy refuses before it looks for an instance: HAProxy's FRONTEND has them, its BACKEND does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HAPROXY_ENDS } from '../support/edge/haproxy-versions.js';
import { startStatsHaproxy } from '../support/edge/stats-haproxy.js';
import { eventually } from '../support/eventually.js';
import { readCsvWithPython } from '../support/machine/python-csv.js';
import { startNode } from '../support/node/node-process.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { RawConnection } from '../support/traffic/raw-connection.js';

const HOST = 'shop.example';

/** Each with the statuses that both answer. */
const REQUESTS: Readonly<Record<string, readonly [text: string, status: number]>> = {
  good: [`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`, 200],
  badName: [`GET / HTTP/1.1\r\nHost: ${HOST}\r\nbad name: x\r\n\r\n`, 400],
  badStartLine: ['GET\r\n\r\n', 400],
  badChunk: [`POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
  otherHost: ['GET / HTTP/1.1\r\nHost: else.example\r\nConnection: close\r\n\r\n', 503],
};

const COLUMNS = ['stot', 'req_tot', 'ereq', 'hrsp_2xx', 'hrsp_4xx', 'hrsp_5xx'];

async function askAll(host: string, port: number): Promise<void> {
  for (const [name, [text, status]] of Object.entries(REQUESTS)) {
    const client = await RawConnection.open(port, host);
    client.write(text);
    assert.equal((await client.response()).status, status, name);
    client.close();
  }
  const gone = await RawConnection.open(port, host);
  gone.write('GET / HT');
  gone.socket.end();
  await gone.ended();
}

/** Both count a request at its end, which a client sees a moment before. */
async function countsOf(csv: () => Promise<string>): Promise<readonly string[]> {
  let counts: string[] = [];
  await eventually('all requests have ended', async () => {
    const rows = readCsvWithPython(await csv()).filter(({ pxname }) => pxname === 'shop');
    counts = rows.map((row) => [row.svname, ...COLUMNS.map((name) => `${name} ${row[name]}`)].join(', '));
    const [frontend] = rows;
    return frontend?.scur === '0' && frontend.req_tot === '6';
  });
  return counts;
}

for (const version of HAPROXY_ENDS) {
  test(`what is refused before an instance is looked for counts as in HAProxy ${version}`, async (context) => {
    const instance = await HttpInstance.start(context);
    const node = await startNode(context, (_host, slot) => ({
      'shop.yml': `shop: {protocol: http, translated_port: ${slot}, filters: {host: ${HOST}}, instances: ["${instance.id}"]}\n`,
    }));
    const servers = [{ name: `shop_${instance.id}`, address: instance.id, words: '' }];
    const haproxy = await startStatsHaproxy(context, version, [{ name: 'shop', host: HOST, lines: [], servers }]);
    await askAll(haproxy.host, haproxy.port);
    await askAll(node.host, node.slot);
    const theirs = await countsOf(() => haproxy.ask('show stat'));
    const ours = await countsOf(async () => (await fetch(`http://${node.admin}/;csv`)).text());
    assert.deepEqual(ours, theirs);
    assert.match(theirs.at(-1) ?? '', /^BACKEND, stot 1, req_tot 1, ereq , hrsp_2xx 1, hrsp_4xx 0, hrsp_5xx 0$/);
    const metrics = await (await fetch(`http://${node.admin}/metrics`)).text();
    const backend = [...metrics.matchAll(/^haproxy_backend_(?:sessions|http_\w+)_total\S+ [1-9]\d*$/gm)].map(
      ([line]) => line,
    );
    assert.deepEqual(backend, [
      'haproxy_backend_sessions_total{proxy="shop"} 1',
      'haproxy_backend_http_responses_total{proxy="shop",code="2xx"} 1',
      'haproxy_backend_http_requests_total{proxy="shop"} 1',
    ]);
  });
}
