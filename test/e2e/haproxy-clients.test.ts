/**
 * What others have written for HAProxy, as it is in Debian, at a node: the exporter that Prometheus had before HAProxy had one of
 * its own, and hatop. Both stop at a field that they miss.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { startStatsHaproxy } from '../support/edge/stats-haproxy.js';
import { eventually } from '../support/eventually.js';
import { findProgram, installPackages } from '../support/machine/components.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

const REQUESTS = 3;
/** Empty columns: servers have no queues of their own, and this app no limit. */
const EMPTY = /_limit_sessions|_server_(current|max)_queue/;

interface Started {
  readonly node: RunningNode;
  readonly instance: HttpInstance;
  readonly socket: string;
}

async function startShop(context: TestContext): Promise<Started> {
  const instance = await HttpInstance.start(context);
  const socket = path.join(temporaryFolder(context, 'stats'), 'haproxy.sock');
  const node = await startNode(
    context,
    (_host, slot) => ({
      'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: ["${instance.id}"]}\n`,
    }),
    { '--stats-socket': socket },
  );
  return { node, instance, socket };
}

async function programOf(name: string): Promise<string> {
  if (findProgram(name) === null) await installPackages([name]);
  return findProgram(name) ?? assert.fail(`${name} was installed and is not there`);
}

/** @returns the metrics of HAProxy, by name and labels, when one scrape has gone well */
async function exported(context: TestContext, place: string): Promise<ReadonlyMap<string, number>> {
  const program = await programOf('prometheus-haproxy-exporter');
  const host = ownAddress();
  const address = `${host}:${await freePort(host)}`;
  const words = [`--web.listen-address=${address}`, `--haproxy.scrape-uri=${place}`];
  const exporter = spawn(program, words, { stdio: 'ignore' });
  atEnd(context, () => void exporter.kill('SIGKILL'));
  let text = '';
  await eventually(`the exporter reads ${place}`, async () => {
    text = await fetch(`http://${address}/metrics`).then(
      (response) => response.text(),
      () => '',
    );
    return /^haproxy_up 1$/m.test(text);
  });
  const lines = text.split('\n').filter((line) => line.startsWith('haproxy_'));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.replace(/^.* /, ''))]));
}

/** Those of the app. */
function namesOf(metrics: ReadonlyMap<string, number>): readonly string[] {
  return [...metrics.keys()].filter((name) => name.includes('"shop"')).sort();
}

test('the exporter of Prometheus has of a node what it has of HAProxy, from the CSV and from the socket', async (context) => {
  const { node, instance, socket } = await startShop(context);
  const server = `shop_${instance.id}`;
  const servers = [{ name: server, address: instance.id, words: 'check inter 1000' }];
  const haproxy = await startStatsHaproxy(context, '3.2', [{ name: 'shop', lines: [], servers }]);
  for (let count = 0; count < REQUESTS; count += 1) await ask(node.host, node.slot);
  const theirs = namesOf(await exported(context, `unix:${haproxy.socket}`));
  for (const place of [`http://${node.admin}/;csv`, `unix:${socket}`]) {
    const metrics = await exported(context, place);
    assert.deepEqual(
      theirs.filter((name) => !metrics.has(name) && !EMPTY.test(name)),
      [],
      place,
    );
    assert.equal(metrics.get('haproxy_exporter_csv_parse_failures_total'), 0);
    assert.equal(metrics.get(`haproxy_server_up{backend="shop",server="${server}"}`), 1);
    assert.equal(metrics.get('haproxy_frontend_http_requests_total{frontend="shop"}'), REQUESTS);
    assert.equal(metrics.get('haproxy_backend_http_responses_total{backend="shop",code="2xx"}'), REQUESTS);
  }
});

test('hatop shows the apps of a node and their instances', async (context) => {
  const { instance, socket } = await startShop(context);
  const program = await programOf('hatop');
  const command = `stty cols 120 rows 40; exec ${program} -s ${socket}`;
  const terminal = spawn('script', ['-qec', `sh -c '${command}'`, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  atEnd(context, () => void terminal.kill('SIGKILL'));
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  const closed = new Promise((resolve) => terminal.once('close', resolve));
  // The beginning of a long name gives way.
  await eventually(
    'the instance is on the screen',
    () => shown.includes(instance.id.slice(-6)) && shown.includes('UP'),
  );
  assert.match(shown, /autoproxy/);
  terminal.stdin.write('q');
  assert.equal(await closed, 0, shown);
});
