/** Ids of requests on their way: the instance gets what the log says, over retries, and no client forges a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, ownAddress } from '../../support/addresses.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const VALID = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const KEYS = { trace: true, requestIdField: 'X-Request-ID' };

function valueIn(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: ([^\\r]*)`, 'im').exec(head)?.[1];
}

for (const logFormat of ['json', '%ID %traceid']) {
  test(`the log (${logFormat}) has what the instance got, request by request of a connection`, async (context) => {
    const instance = await ScriptedInstance.start(
      context,
      answering((head) => okResponse(head)),
    );
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)], ...KEYS }, logFormat });
    const client = await plane.connect();
    const got: string[] = [];
    for (const fields of ['', `traceparent: ${VALID}\r\nX-Request-ID: mine\r\n`, '', 'X-Request-ID: a" 200 "b\r\n']) {
      client.write(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
      const { body } = await client.response();
      const [id = '', trace = ''] = [valueIn(body, 'X-Request-ID'), valueIn(body, 'traceparent')?.slice(3, 35)];
      got.push(`${id} ${trace}`);
    }
    // A head that can't be read has no ids, least of all those of the request before it.
    client.write('GET / HTTP/1.1\r\n\r\n');
    assert.equal((await client.response()).status, 400);
    got.push(logFormat === 'json' ? 'null null' : '- -');
    const logged = plane.accessLog.map((line) => {
      if (logFormat !== 'json') return line.trimEnd();
      const { request_id: id, trace_id: trace } = JSON.parse(line);
      return `${id} ${trace}`;
    });
    assert.deepEqual(logged, got);
    assert.equal(got[1], `mine ${VALID.slice(3, 35)}`);
    assert.equal(new Set(got).size, 5);
    for (const ids of got.slice(0, 4)) assert.match(ids, /^[0-9A-Za-z-]+ [0-9a-f]{32}$/);
  });
}

test('a retry has the ids of the first try, and a refused request has a line with its ids', async (context) => {
  const host = ownAddress();
  const dead = instanceOf({ host, port: await freePort(host) });
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head)),
  );
  const slot = { instances: [dead, instanceOf(instance)], ...KEYS };
  const plane = await TestPlane.start(context, { slot, logFormat: '%rc %ID' });
  for (let turn = 0; turn < 2; turn += 1) {
    const client = await plane.connect();
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const { body } = await client.response();
    assert.equal(plane.accessLog[turn]?.trimEnd().split(' ')[1], valueIn(body, 'X-Request-ID'));
  }
  assert.ok(plane.accessLog.some((line) => line.startsWith('+1 ')));
  await plane.change({ hostFilter: 'other' });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: refused\r\n\r\n');
  assert.equal((await client.response()).status, 503);
  assert.equal(plane.accessLog[2], '0 refused\n');
});

test('without the keys fields pass as they are, also two of them, and a line has no ids', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head)),
  );
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)] },
    logFormat: '%ID %traceid',
  });
  const fields = 'traceparent: x\r\nTraceparent: y\r\nX-Request-ID: a"b\r\ntracestate: z\r\n';
  const client = await plane.connect();
  client.write(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  assert.ok((await client.response()).body.includes(fields));
  await plane.change(KEYS);
  client.write(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  assert.ok(!(await client.response()).body.includes('tracestate'));
  assert.equal(plane.accessLog[0], '- -\n');
  assert.match(plane.accessLog[1] ?? '', /^[0-9a-f-]{36} [0-9a-f]{32}\n$/);
});
