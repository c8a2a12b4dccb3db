/**
 * Behind an edge or a balancer the app has to hear `https`, or it redirects for ever and its secure cookies are lost. HAProxy
 * as the edge writes its configuration, a node with its default options and no PROXY header between them; the instance
 * says what it was told.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeProcess } from '../support/edge/edge-process.js';
import { HAPROXY_ENDS } from '../support/edge/haproxy-versions.js';
import { startNode } from '../support/node/node-process.js';
import { RawConnection } from '../support/traffic/raw-connection.js';
import { startToldInstance, type Told } from '../support/traffic/told-instance.js';

const HOST = 'www.one.example';

function serviceOf(slot: number, instance: string): Readonly<Record<string, string>> {
  return { 'shop.yml': `shop: {protocol: HTTP, translated_port: ${slot}, instances: ["${instance}"]}\n` };
}

/** What the instance was told when the node was asked directly, with these fields. */
async function toldDirectly(node: { readonly host: string; readonly slot: number }, fields: readonly string[]) {
  const client = await RawConnection.open(node.slot, node.host);
  client.write(['GET / HTTP/1.1', `Host: ${HOST}`, ...fields, '\r\n'].join('\r\n'));
  const { fields: told } = JSON.parse((await client.response()).body) as Told;
  client.close();
  return { proto: told['x-forwarded-proto'], port: told['x-forwarded-port'], client: told['x-forwarded-for'] };
}

for (const version of HAPROXY_ENDS) {
  test(`edge and node without a PROXY header between them: the instance hears https, HAProxy ${version}`, async (context) => {
    const instance = await startToldInstance(context, 'shop');
    const node = await startNode(context, (_host, slot) => serviceOf(slot, instance));
    const edge = await EdgeProcess.start(context, {
      apps: `name: shop
pods: [alpha]
protocol: http
slot: ${node.slot}
health: {interval: 100ms, rise: 1, fall: 1}
edge: {routes: [{host: ${HOST}}]}
`,
      version,
      headerVersion: 2,
      servers: `{nodes: {alpha: [${node.host}]}, send_proxy: none}`,
    });
    const lies = ['X-Forwarded-Proto: http', 'X-Forwarded-Port: 80', 'X-Forwarded-For: 1.2.3.4'];
    const { status, body } = await edge.ask({ hosts: [HOST], client: '198.51.100.7', fields: lies });
    assert.equal(status, 200, body);
    const { fields } = JSON.parse(body) as Told;
    assert.equal(fields['x-forwarded-proto'], 'https');
    assert.equal(fields['x-forwarded-port'], '443');
    assert.equal(fields['x-forwarded-for'], '198.51.100.7');
  });
}

test('from the networks of --trusted-proxies each of the two is kept, and set where it is absent; from others neither', async (context) => {
  const instance = await startToldInstance(context, 'shop');
  const services = (_host: string, slot: number) => serviceOf(slot, instance);
  const open = await startNode(context, services);
  const closed = await startNode(context, services, { '--trusted-proxies': '10.0.0.0/8' });
  const own = String(open.slot);
  assert.deepEqual(await toldDirectly(open, []), { proto: 'http', port: own, client: undefined });
  for (const [fields, proto, port] of [
    [['X-Forwarded-Proto: https', 'X-Forwarded-Port: 443'], 'https', '443'],
    [['X-Forwarded-Proto: https'], 'https', own],
    [['X-Forwarded-Port: 443'], 'http', '443'],
  ] as const) {
    assert.deepEqual(await toldDirectly(open, fields), { proto, port, client: undefined });
    assert.deepEqual(await toldDirectly(closed, fields), {
      proto: 'http',
      port: String(closed.slot),
      client: undefined,
    });
  }
});
