/** Code that never answers fails a test within seconds, and the failure says what was there. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { atEnd } from '../at-end.js';
import { RawConnection } from './raw-connection.js';
import { ScriptedInstance } from './scripted-instance.js';

test('a wait on a silent connection fails, and says what came before and what was awaited', async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) => connection.write('half an ans'));
  const socket = connect({ host: instance.host, port: instance.port, allowHalfOpen: true });
  await once(socket, 'connect');
  const connection = new RawConnection(socket, 100);
  atEnd(context, () => connection.close());
  await connection.until((text) => text.includes('half'));
  await assert.rejects(
    connection.ended(),
    /nothing came for 100 ms after 11 bytes, .*"half an ans"; awaited: the other side's end/,
  );
  await assert.rejects(connection.response(), /awaited: a whole response/);
  await assert.rejects(
    connection.until((text) => text.includes('whole')),
    /awaited: \(text\) => text\.includes\('whole'\)/,
  );
});

test('two waits on one connection both end', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const client = await RawConnection.open(instance.port, instance.host);
  atEnd(context, () => client.close());
  const both = Promise.all([client.until((text) => text !== ''), client.until((text) => text === 'ab')]);
  (await instance.connection(0)).write('ab');
  assert.deepEqual(await both, ['ab', 'ab']);
});
