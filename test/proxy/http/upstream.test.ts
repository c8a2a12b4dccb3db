/** How long an instance may take: for the first byte, and then from each piece to the next one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { ScriptedInstance } from '../../support/traffic/scripted-instance.js';
import { ALL_FAR } from '../exchange/timeout-rows.js';

const TIME_MS = 40_000;

for (const [what, fields, pieces] of [
  ['of a known length', 'Content-Length: 6\r\n', ['a', 'b', 'c', 'd', 'e', 'f']],
  ['in chunks', 'Transfer-Encoding: chunked\r\n', ['1\r\na\r\n', '1\r\nb\r\n', '1\r\nc\r\n', '0\r\n\r\n']],
] as const) {
  test(`a body ${what} that goes on slowly may take longer in all`, async (context) => {
    const clock = new FakeClock();
    const instance = await ScriptedInstance.start(context, () => {});
    const timeouts = { ...ALL_FAR, firstByteMs: TIME_MS };
    const plane = await TestPlane.start(context, { clock, slot: { timeouts, instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const upstream = await instance.connection(0);
    await upstream.until((text) => text.endsWith('\r\n\r\n'));
    const head = `HTTP/1.1 200 OK\r\n${fields}\r\n`;
    upstream.write(head);
    await client.until((text) => text.includes('\r\n\r\n'));
    for (const [index, piece] of pieces.entries()) {
      await clock.advance(TIME_MS - 1_000);
      upstream.write(piece);
      const sent = pieces.slice(0, index + 1).join('');
      await client.until((text) => text.endsWith(sent), piece);
    }
    assert.match((await client.response()).body, /^abc/);
    await eventually('it is counted', () => plane.counters.responses[2] === 1);
    assert.deepEqual(plane.counters.errors, {});
  });
}
