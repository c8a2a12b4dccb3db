/** Whatever becomes of its line, an exchange ends as it would. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const GET = 'GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n';
const accessLog = (): void => {
  throw new Error('the disk is gone');
};

for (const protocol of ['http', 'tcp'] as const) {
  test(`${protocol}: a log that throws costs its lines, and is told of once`, async (context) => {
    const instance = await ScriptedInstance.start(context, answering(okResponse('hello')));
    const { log, lines } = createRecordingLog();
    const slot = { protocol, instances: [instanceOf(instance)] };
    const plane = await TestPlane.start(context, { slot, accessLog, log });
    for (let turn = 0; turn < 5; turn += 1) {
      const client = await plane.connect();
      for (let request = 0; request < 3; request += 1) {
        client.write(GET);
        assert.equal((await client.response()).body, 'hello');
      }
      client.close();
    }
    await eventually('all is over', () => plane.counters.openConnections === 0 && plane.counters.inFlight === 0);
    const said = lines.filter(({ msg }) => msg === 'a line could not be written to the access log');
    assert.equal(said.length, 1);
    assert.match(JSON.stringify(said[0]), /the disk is gone/);
  });
}
