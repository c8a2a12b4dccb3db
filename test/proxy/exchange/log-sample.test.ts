/** The access log has one exchange of N, exactly, each that failed, and says how many each line stands for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const answerByPath = answering((head) => {
  const status = /^GET \/(\d{3})/.exec(head)?.[1];
  return status === undefined ? okResponse('ok') : `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`;
});

async function ask(client: RawConnection, path: string): Promise<void> {
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await client.response();
}

interface Line {
  readonly target: string;
  readonly sample: number;
}

const linesOf = ({ accessLog }: TestPlane): Line[] => accessLog.map((line) => JSON.parse(line) as Line);

test('the first of ten and each tenth after it, over all connections of the slot, and each that failed', async (context) => {
  const instance = await ScriptedInstance.start(context, answerByPath);
  const slot = { instances: [instanceOf(instance)], logSample: 10 };
  const plane = await TestPlane.start(context, { slot, logFormat: 'json' });
  const clients = [await plane.connect(), await plane.connect()] as const;
  for (let turn = 0; turn < 50; turn += 1) {
    await ask(clients[turn % 2 === 0 ? 0 : 1], turn % 25 === 7 ? '/404' : `/${'a'.repeat(turn + 1)}`);
    if (turn % 10 === 5) await ask(clients[0], '/500');
  }
  const lines = linesOf(plane);
  const [failed, normal] = [[500, 1] as const, [404, 10] as const];
  assert.deepEqual(
    lines.filter(({ target }) => target === `/${failed[0]}`).map(({ sample }) => sample),
    Array(5).fill(failed[1]),
  );
  const sampled = lines.filter(({ target }) => target !== `/${failed[0]}`);
  assert.deepEqual(
    sampled.map(({ target, sample }) => [target.length, sample]),
    [2, 12, 22, 32, 42].map((length) => [length, normal[1]]),
  );
  assert.equal(
    lines.reduce((sum, { sample }) => sum + sample, 0),
    plane.counters.requests,
  );
});

test('what the node refuses and what a client gives up is logged each time', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering(() => ''),
  );
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], logSample: 1_000 },
    logFormat: '%ST %ts %sample',
  });
  for (let turn = 0; turn < 3; turn += 1) {
    const refused = await plane.connect();
    refused.write('GET / HTTP/1.1\r\n\r\n');
    await refused.response();
    const gone = await plane.connect();
    gone.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await (await instance.connection(turn)).until((text) => text !== '');
    gone.socket.resetAndDestroy();
    await eventually('both are logged', () => plane.accessLog.length === 2 * (turn + 1));
  }
  assert.deepEqual(new Set(plane.accessLog), new Set(['400 PR 1\n', '-1 CD 1\n']));
});

test('a change of the rate holds from the next exchange on', async (context) => {
  const instance = await ScriptedInstance.start(context, answerByPath);
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], logSample: 1_000 },
    logFormat: 'json',
  });
  const client = await plane.connect();
  const askTimes = async (times: number): Promise<number> => {
    const before = plane.accessLog.length;
    for (let turn = 0; turn < times; turn += 1) await ask(client, '/');
    return plane.accessLog.length - before;
  };
  assert.equal(await askTimes(20), 1);
  await plane.change({ logSample: 4 });
  assert.equal(await askTimes(40), 10);
  await plane.change({ logSample: 1 });
  assert.equal(await askTimes(5), 5);
  assert.equal(linesOf(plane).at(-1)?.sample, 1);
});

test('connections of a TCP slot are sampled too, and those that failed are not', async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) => connection.socket.end('bye'));
  const plane = await TestPlane.start(context, {
    slot: { protocol: 'tcp', instances: [instanceOf(instance)], logSample: 3 },
    logFormat: '%ts %sample',
  });
  const connectTimes = async (times: number): Promise<void> => {
    const before = plane.counters.connections;
    for (let turn = 0; turn < times; turn += 1) {
      // Where no instance is, the connection is reset, maybe before its client has it.
      const client = await plane.connect().catch(() => null);
      await client?.ended().catch(() => {});
      client?.close();
    }
    await eventually('all are over', () => {
      const { connections, openConnections } = plane.counters;
      return connections === before + times && openConnections === 0;
    });
  };
  await connectTimes(7);
  assert.deepEqual(plane.accessLog, ['-- 3\n', '-- 3\n', '-- 3\n']);
  await plane.change({ instances: [] });
  await connectTimes(2);
  assert.deepEqual(plane.accessLog.slice(3), ['SC 1\n', 'SC 1\n']);
});
