/** The largest head is the site's to say: what is larger is answered, and what is not passes whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeProcess, seenBy } from '../support/edge/edge-process.js';
import { HAPROXY_VERSIONS } from '../support/edge/haproxy-versions.js';

const HOST = 'www.one.example';
const APPS = `
name: shop
pods: [alpha]
protocol: http
slot: 21150
edge:
  routes: [{host: ${HOST}}]
`;

for (const version of HAPROXY_VERSIONS)
  for (const [process, buffer] of [
    [undefined, 16_384],
    ['buffer: 40k', 40_960],
  ] as const)
    test(`heads in a buffer of ${buffer} bytes, HAProxy ${version}`, async (context) => {
      const edge = await EdgeProcess.start(context, {
        apps: APPS,
        version,
        ...(process === undefined ? {} : { process }),
      });
      const rest = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nCookie: \r\n\r\n`.length;
      const ask = (bytes: number) => edge.ask({ hosts: [HOST], fields: [`Cookie: ${'c'.repeat(bytes - rest)}`] });
      assert.equal(seenBy(await ask(buffer - 2_048)).fields.cookie?.length, buffer - 2_048 - rest);
      assert.equal((await ask(buffer)).status, version === '3.2' ? 431 : 400);
    });
