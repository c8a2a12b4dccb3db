/** The option `--via` (RFC 9110 7.6.3): both directions, with the version that came, behind what others wrote. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { answering, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const responseOf = (version: string) => (head: string) => {
  const body = head
    .split('\r\n')
    .filter((line) => line.startsWith('Via'))
    .join(' | ');
  return `HTTP/${version} 200 OK\r\nContent-Length: ${body.length}\r\nVia: 1.1 inner\r\n\r\n${body}`;
};

for (const via of [false, true]) {
  test(`Via is ${via ? 'added to requests and responses' : 'left as it is by default'}`, async (context) => {
    for (const [asked, answered] of [
      ['1.1', '1.1'],
      ['1.0', '1.1'],
      ['1.1', '1.0'],
      ['1.2', '1.2'],
    ] as const) {
      const instance = await ScriptedInstance.start(context, answering(responseOf(answered)));
      const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, snapshot: { via } });
      const client = await plane.connect();
      client.write(`GET / HTTP/${asked}\r\nHost: a\r\nVia: 1.1 outer\r\nConnection: close, Via\r\n\r\n`);
      const { fields, body } = await client.response();
      const versionOf = (version: string): string => (version === '1.0' ? '1.0' : '1.1');
      // What Connection names goes, but not what is written here.
      assert.equal(body, via ? `Via: ${versionOf(asked)} autoproxy` : '');
      assert.equal(fields.get('via'), via ? `1.1 inner, ${versionOf(answered)} autoproxy` : '1.1 inner');
      client.close();
    }
  });
}
