/**
 * What agents ask for at the statistics of HAProxy, each at the address that it makes of what it is told: at real HAProxy, where
 * `stats uri /` takes all of them, and at a node.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { HAPROXY_ENDS, type TestedVersion } from '../support/edge/haproxy-versions.js';
import { startStatsHaproxy } from '../support/edge/stats-haproxy.js';
import { eventually } from '../support/eventually.js';
import { readCsvWithPython } from '../support/machine/python-csv.js';
import { startNode } from '../support/node/node-process.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

const ADDRESSES: Readonly<Record<string, string>> = {
  'haproxy_exporter, check_haproxy': '/;csv',
  'Telegraf, told /haproxy?stats': '/haproxy?stats/;csv',
  'Telegraf, told /stats': '/stats/;csv',
  'Datadog, told /haproxy?stats': '/haproxy?stats/;csv;norefresh',
  'Zabbix, the figures': '/stats;csv',
  'Zabbix, the page': '/stats',
  'Datadog, the page': '/haproxy?stats',
  'Metricbeat, told /haproxy-status?stats': '/haproxy-status?stats;csv',
  'Sensu, Mackerel': '/haproxy?stats;csv;norefresh',
  'Centreon, LogicMonitor': '/haproxy?stats;json;norefresh',
  "the page's own link to the JSON": '/;json;norefresh',
};

/** What Zabbix and Datadog look for in the page. */
const VERSION = /HAProxy version ([^,]+), released \d{4}\/\d\d\/\d\d/;
const UPTIME = /uptime = <\/b> (\d+)d (\d+)h(\d+)m(\d+)s/;

interface Pair {
  readonly theirs: string;
  readonly ours: string;
}

async function startPair(context: TestContext, version: TestedVersion): Promise<Pair> {
  const up = await HttpInstance.start(context);
  const closedHost = ownAddress();
  const ids = [up.id, `${closedHost}:${await freePort(closedHost)}`];
  const servers = ids.map((id) => ({ name: `shop_${id}`, address: id, words: 'check inter 100 rise 2 fall 3' }));
  const haproxy = await startStatsHaproxy(context, version, [{ name: 'shop', lines: [], servers }]);
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': `shop: {protocol: http, translated_port: ${slot}, health: {interval: 100ms}, instances: ${JSON.stringify(ids)}}\n`,
  }));
  const pair = { theirs: haproxy.page, ours: `http://${node.admin}` };
  for (const origin of Object.values(pair)) {
    await eventually(`${origin} has found one down and one up`, async () => {
      const statuses = readCsvWithPython(await (await fetch(`${origin}/;csv`)).text()).map(({ status }) => status);
      return statuses.includes('DOWN') && statuses.includes('UP');
    });
  }
  return pair;
}

/** What an agent goes by: the status, the type, and how it begins. */
async function kindOf(url: string): Promise<readonly unknown[]> {
  const response = await fetch(url);
  const type = response.headers.get('content-type')?.split(';')[0];
  const text = await response.text();
  if (type !== 'text/html') return [response.status, type, text.replace(/(?<="proxyId":)\d+/, '1').slice(0, 40)];
  return [response.status, type, VERSION.test(text), UPTIME.test(text)];
}

for (const version of HAPROXY_ENDS) {
  test(`each address that an agent asks at has what HAProxy ${version} has there`, async (context) => {
    const { theirs, ours } = await startPair(context, version);
    for (const [agent, address] of Object.entries(ADDRESSES)) {
      const expected = await kindOf(theirs + address);
      assert.equal(expected[0], 200, agent);
      assert.deepEqual(await kindOf(ours + address), expected, agent);
    }
  });

  test(`a word leaves out the servers that HAProxy ${version} leaves out`, async (context) => {
    const { theirs, ours } = await startPair(context, version);
    const namesAt = async (origin: string, words: string): Promise<readonly (string | undefined)[]> => {
      const rows = readCsvWithPython(await (await fetch(`${origin}/;csv${words}`)).text());
      return rows.filter(({ pxname }) => pxname === 'shop').map(({ svname }) => svname);
    };
    for (const [words, count] of [
      ['', 4],
      [';up', 3],
      [';no-maint', 4],
    ] as const) {
      const expected = await namesAt(theirs, words);
      assert.equal(expected.length, count, words);
      assert.deepEqual(await namesAt(ours, words), expected, words);
    }
  });
}
