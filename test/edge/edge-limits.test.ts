/** What the edge lets through of a client, and what it says of him; asked of real HAProxy. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { EdgeProcess, type EdgeRequest, seenBy } from '../support/edge/edge-process.js';
import { HAPROXY_VERSIONS } from '../support/edge/haproxy-versions.js';

function app(name: string, slot: number, edge: string): string {
  return `name: ${name}
pods: [alpha]
num_instances: 1
image: a:1
protocol: http
slot: ${slot}
edge:
  routes: [{host: ${name}.one.example}]
${edge}`;
}

const APPS = [
  app('free', 21200, ''),
  app('limited', 21202, '  rate_limit: {requests: 5, window: 60s}\n'),
  app('small', 21204, '  max_body: 100\n'),
  app('inner', 21206, '  allow: [10.0.0.0/8]\n  deny: [10.66.0.0/16]\n'),
  app('strict', 21208, '  tls: {hsts: max-age=5}\n'),
].join('---\n');

for (const version of HAPROXY_VERSIONS)
  test(`limits, networks and fields, HAProxy ${version}`, async (context) => {
    const edge = await EdgeProcess.start(context, {
      apps: APPS,
      version,
      site: 'deny: [203.0.113.0/24]\nbad_user_agents: [sqlmap]\ntimeouts: {hello: 1s}',
    });
    const status = async (hosts: string, more: Partial<Parameters<EdgeProcess['ask']>[0]> = {}): Promise<number> =>
      (await edge.ask({ hosts: [`${hosts}.one.example`], ...more })).status;

    await context.test('who asks too much gets 429, his neighbor and other apps do not notice', async () => {
      const client = '198.51.100.7';
      for (let count = 0; count < 5; count += 1) assert.equal(await status('limited', { client }), 200);
      const refused = await edge.ask({ hosts: ['limited.one.example'], client });
      assert.equal(refused.status, 429);
      assert.equal(refused.fields.get('retry-after'), '10');
      assert.equal(await status('limited', { client: '198.51.100.8' }), 200);
      assert.equal(await status('free', { client }), 200);
    });

    await context.test('addresses of one /64 share a limit', async () => {
      for (let count = 0; count < 5; count += 1) await status('limited', { client: `2001:db8::${count + 1}` });
      assert.equal(await status('limited', { client: '2001:db8::99' }), 429);
      assert.equal(await status('limited', { client: '2001:db8:0:1::1' }), 200);
    });

    await context.test('a body that is too large, or does not say how large it is', async () => {
      const fields = (size: number): string[] => [`Content-Length: ${size}`];
      assert.equal(await status('small', { method: 'POST', fields: fields(100), body: 'x'.repeat(100) }), 200);
      assert.equal(await status('small', { method: 'POST', fields: fields(101), body: 'x'.repeat(101) }), 413);
      const chunked = { method: 'POST', fields: ['Transfer-Encoding: chunked'], body: '1\r\nx\r\n0\r\n\r\n' };
      assert.equal(await status('small', chunked), 411);
      assert.equal(await status('free', chunked), 200);
    });

    await context.test('networks that may and may not use an app', async () => {
      assert.equal(await status('inner', { client: '10.1.2.3' }), 200);
      assert.equal(await status('inner', { client: '10.66.2.3' }), 403);
      assert.equal(await status('inner', { client: '192.0.2.1' }), 403);
    });

    await context.test('refused addresses do not get as far as a handshake, nor to plain HTTP', async () => {
      await assert.rejects(status('free', { client: '203.0.113.9' }), /closed|ECONNRESET|disconnected|EPIPE/);
      await assert.rejects(status('free', { client: '203.0.113.9', sni: null }), /ended|EPIPE|ECONNRESET/);
    });

    await context.test('a user agent that is refused', async () => {
      assert.equal(await status('free', { fields: ['User-Agent: SQLMap/1.0'] }), 403);
    });

    await context.test('HSTS of the app, else of the domain; none on plain HTTP; the id of the request', async () => {
      const own = await edge.ask({ hosts: ['strict.one.example'] });
      assert.equal(own.fields.get('strict-transport-security'), 'max-age=5');
      const other = await edge.ask({ hosts: ['free.one.example'] });
      assert.equal(other.fields.get('strict-transport-security'), 'max-age=31536000;includeSubDomains');
      assert.equal(other.fields.get('x-request-id'), seenBy(other).fields['x-request-id']);
      const plain = await edge.ask({ hosts: ['free.one.example'], sni: null });
      assert.equal(plain.fields.get('strict-transport-security'), undefined);
    });

    await context.test(
      'HSTS in what HAProxy answers itself: of the domain of the connection, or of the host',
      async () => {
        const answered = async (more: Partial<EdgeRequest>): Promise<readonly (string | number | undefined)[]> => {
          const { status: code, fields } = await edge.ask({ hosts: ['free.one.example'], ...more });
          return [code, fields.get('strict-transport-security')];
        };
        const ofOne = 'max-age=31536000;includeSubDomains';
        const [one, two] = ['www.one.example', 'www.two.example'];
        assert.deepEqual(await answered({ hosts: ['none.one.example'] }), [404, ofOne]);
        assert.deepEqual(await answered({ hosts: [], sni: one }), [400, ofOne]);
        assert.deepEqual(await answered({ target: '/%zz' }), [400, ofOne]);
        assert.deepEqual(await answered({ method: 'TRACE' }), [405, ofOne]);
        assert.deepEqual(await answered({ hosts: [one], sni: two }), [421, ofOne]);
        assert.deepEqual(await answered({ hosts: [two], sni: one }), [421, undefined]);
        assert.deepEqual(await answered({ hosts: [two] }), [404, undefined]);
        assert.deepEqual(await answered({ hosts: ['none.one.example'], sni: null }), [404, undefined]);
      },
    );

    await context.test('what a client says about himself is dropped, and the truth is there', async () => {
      const lies = ['X-Forwarded-For: 1.2.3.4', 'X-Real-IP: 1.2.3.4', 'Forwarded: for=1.2.3.4', 'X-Request-ID: mine'];
      const hidden = ['Connection: X-Forwarded-For, Upgrade', 'Upgrade: h2c', 'X_Forwarded_For: 1.2.3.4', 'Proxy: x'];
      const { fields } = seenBy(
        await edge.ask({ hosts: ['FREE.one.example:443'], fields: [...lies, ...hidden], client: '198.51.100.20' }),
      );
      assert.equal(fields['x-forwarded-for'], '198.51.100.20');
      assert.equal(fields['x-forwarded-proto'], 'https');
      assert.equal(fields['x-forwarded-port'], '443');
      assert.equal(fields['x-forwarded-host'], 'free.one.example');
      assert.equal(fields.forwarded, 'for=198.51.100.20;host=free.one.example;proto=https');
      assert.equal(fields.host, 'free.one.example');
      assert.equal(JSON.stringify(fields).includes('1.2.3.4'), false);
      for (const name of ['x-real-ip', 'upgrade', 'proxy', 'x_forwarded_for'])
        assert.equal(fields[name], undefined, name);
      assert.notEqual(fields['x-request-id'], 'mine');
    });

    await context.test('who is silent before TLS is gone after the delay, on any version', async () => {
      for (const said of [
        '',
        'PROXY TCP4 127.0.0.9 127.0.0.9 4711 443\r\n',
        'PROXY TCP4 127.0.0.9 127.0.0.9 4711 443\r\n\x16\x03\x01',
      ]) {
        const socket = connect({ host: edge.address, port: edge.ports.https });
        socket.on('error', () => {});
        socket.write(said, 'latin1');
        const start = performance.now();
        await once(socket.resume(), 'close');
        const silentMs = performance.now() - start;
        assert.ok(silentMs > 900 && silentMs < 2_200, `${silentMs} ms after ${JSON.stringify(said)}`);
      }
    });

    await context.test('health without a PROXY header; metrics and statistics beside it', async () => {
      const ask = async (port: number, target: string): Promise<Response> =>
        fetch(`http://${edge.address}:${port}${target}`);
      assert.equal((await ask(edge.ports.health, '/healthz')).status, 200);
      assert.match(
        await (await ask(edge.ports.admin, '/metrics')).text(),
        /haproxy_backend_http_responses_total\{proxy="be_free"/,
      );
      assert.equal((await ask(edge.ports.admin, '/stats')).status, 200);
    });
  });
