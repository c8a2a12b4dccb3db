/** What a client says about himself, or about the way that he came, in a field that some server believes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeProcess, seenBy } from '../support/edge/edge-process.js';
import { HAPROXY_VERSIONS } from '../support/edge/haproxy-versions.js';

const HOST = 'www.two.example';
const APPS = `
name: other
pods: [alpha]
protocol: http
slot: 21122
edge:
  routes:
    - {host: ${HOST}}
`;

const UNTRUE = [
  ...['Client-IP', 'X-Forwarded', 'X-Remote-IP', 'X-Remote-Addr', 'X-Originating-IP', 'X-Host'],
  ...['X-HTTP-Host-Override', 'X-ProxyUser-IP', 'WL-Proxy-Client-IP', 'X-Azure-ClientIP', 'Fly-Client-IP'],
  ...['X-Scheme', 'X-Url-Scheme', 'Front-End-Https', 'X-Client-Cert', 'SSL-Client-Cert', 'X-Accel-Redirect'],
  'X-Autoproxy-Bled-By',
];

for (const version of HAPROXY_VERSIONS) {
  test(`untrue fields and the absolute form, HAProxy ${version}`, async (context) => {
    const edge = await EdgeProcess.start(context, { apps: APPS, version });

    await context.test('none of them reaches an app', async () => {
      for (const name of UNTRUE) {
        const { fields } = seenBy(await edge.ask({ hosts: [HOST], fields: [`${name}: 6.6.6.6`] }));
        assert.equal(fields[name.toLowerCase()], undefined, name);
      }
    });

    await context.test('no app sees the absolute form, of any scheme', async () => {
      for (const scheme of ['https', 'http', 'HTTP', 'ftp', 'x', 'x-y+z.1']) {
        const response = await edge.ask({ hosts: [HOST], target: `${scheme}://${HOST}/admin?x=y` });
        if (response.status === 200) assert.equal(seenBy(response).target, '/admin?x=y', scheme);
        else assert.equal(response.status, 400, scheme);
      }
    });
  });
}
