/** Ids of requests: what is valid goes on untouched, what is not is replaced, and nobody reads two. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomIds } from '../../../src/proxy/slot/random-ids.js';
import { RequestIds } from '../../../src/proxy/slot/request-ids.js';
import { slotOf } from '../../support/node/snapshots.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const VALID = `00-${TRACE}-00f067aa0ba902b7-01`;
const MADE_TRACE = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function identify(fields: string, config = { trace: true, requestIdField: 'X-Request-ID' as string | null }) {
  const ids = { traceId: '', requestId: '' };
  const of = RequestIds.of(slotOf({ port: 1, ...config }), new RandomIds());
  assert.ok(of !== null);
  const block = of.identify(`GET / HTTP/1.1\r\nHost: a\r\n${fields}Accept: */*\r\n`, ids);
  assert.match(block, /^GET \/ HTTP\/1\.1\r\nHost: a\r\n(?:[^\r\n]+\r\n)+$/);
  const valuesOf = (name: string): string[] =>
    block
      .split('\r\n')
      .filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim());
  return { ids, block, valuesOf };
}

for (const value of [
  VALID,
  `00-${TRACE}-00f067aa0ba902b7-00`,
  `00-${TRACE}-00f067aa0ba902b7-ff`,
  `01-${TRACE}-00f067aa0ba902b7-01`,
  `cc-${TRACE}-00f067aa0ba902b7-01-what-the-future-brings`,
]) {
  test(`traceparent ${value} goes on untouched, with its state`, () => {
    const fields = `TraceParent:  ${value}\r\ntracestate: a=1\r\ntracestate: b=2\r\n`;
    const { ids, block } = identify(fields, { trace: true, requestIdField: null });
    assert.equal(block, `GET / HTTP/1.1\r\nHost: a\r\n${fields}Accept: */*\r\n`);
    assert.deepEqual(ids, { traceId: TRACE, requestId: '' });
  });
}

for (const value of [
  '',
  'x',
  `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-${TRACE}-0000000000000000-01`,
  `ff-${TRACE}-00f067aa0ba902b7-01`,
  `0-${TRACE}-00f067aa0ba902b7-01`,
  `${VALID}-more`,
  `${VALID}-`,
  `cc-${TRACE}-00f067aa0ba902b7-01.more`,
  `00-${TRACE}-00f067aa0ba902b7-1`,
  `00-${TRACE}-00f067aa0ba902b7`,
  `00 ${TRACE} 00f067aa0ba902b7 01`,
  `${VALID}, ${VALID}`,
  `00-${TRACE.slice(1)}"-00f067aa0ba902b7-01`,
]) {
  test(`traceparent "${value}" is replaced, and its state is gone`, () => {
    const { ids, valuesOf } = identify(`traceparent: ${value}\r\ntracestate: a=1\r\nTraceState: b=2\r\n`);
    const [made = '', ...more] = valuesOf('traceparent');
    assert.deepEqual(more, []);
    assert.equal(MADE_TRACE.exec(made)?.[1], ids.traceId);
    assert.notEqual(ids.traceId, TRACE);
    assert.deepEqual(valuesOf('tracestate'), []);
  });
}

test('several of a field are replaced by one, also where they are valid or the same', () => {
  const { ids, valuesOf } = identify(
    `traceparent: ${VALID}\r\nX-Request-ID: a\r\nTRACEPARENT: ${VALID}\r\nX-Request-ID: a\r\n`,
  );
  assert.equal(valuesOf('traceparent').length, 1);
  assert.equal(MADE_TRACE.exec(valuesOf('traceparent')[0] ?? '')?.[1], ids.traceId);
  assert.deepEqual(valuesOf('x-request-id'), [ids.requestId]);
  assert.match(ids.requestId, UUID);
});

test('what is absent is made, in the spelling of the app, a state without a parent is dropped, and each is another', () => {
  const [one, other] = [identify('tracestate: a=1\r\n'), identify('')];
  assert.match(one.block, /\r\nX-Request-ID: [0-9a-f-]{36}\r\n$/);
  assert.deepEqual(one.valuesOf('tracestate'), []);
  for (const { ids, valuesOf } of [one, other]) {
    assert.equal(MADE_TRACE.exec(valuesOf('traceparent')[0] ?? '')?.[1], ids.traceId);
    assert.deepEqual(valuesOf('x-request-id'), [ids.requestId]);
  }
  assert.notEqual(one.ids.traceId, other.ids.traceId);
  assert.notEqual(one.ids.requestId, other.ids.requestId);
});

for (const id of ['a', '7', 'f'.repeat(128), 'Root=1-67891233-abcdef012345678912345678', 'YWJj+/==', 'a~b.c_d:e@f']) {
  test(`request id ${id} goes on untouched`, () => {
    const fields = `x-request-id: ${id} \r\n`;
    const { ids, block } = identify(fields, { trace: false, requestIdField: 'X-Request-ID' });
    assert.equal(block, `GET / HTTP/1.1\r\nHost: a\r\n${fields}Accept: */*\r\n`);
    assert.deepEqual(ids, { traceId: '', requestId: id });
  });
}

for (const id of ['', '-', 'f'.repeat(129), 'a b', 'a"b', 'a|b', '{a}', 'a\\n', 'a\xe9', 'a,b', "a';--", '<a>']) {
  test(`request id "${id}" is replaced`, () => {
    const { ids, valuesOf } = identify(`X-Request-ID: ${id}\r\n`);
    assert.match(ids.requestId, UUID);
    assert.deepEqual(valuesOf('x-request-id'), [ids.requestId]);
  });
}

test('what CGI takes for the same variable does not reach an instance', () => {
  const { ids, valuesOf } = identify(
    'X_Request_ID: forged\r\nX-Request-ID: own\r\nX-Request.ID: forged\r\nX-Request-IDs: b\r\n',
  );
  assert.deepEqual([valuesOf('x_request_id'), valuesOf('x-request.id')], [[], []]);
  assert.deepEqual(valuesOf('x-request-id'), [ids.requestId]);
  assert.deepEqual(valuesOf('x-request-ids'), ['b'], 'another field is another field');
});

test('an app without the keys has no such part', () => {
  assert.equal(RequestIds.of(slotOf({ port: 1 }), new RandomIds()), null);
});

test('random bytes are asked for many ids at once, and no byte is used twice', () => {
  let next = 0;
  let fills = 0;
  const random = new RandomIds((bytes) => {
    fills += 1;
    for (let at = 0; at < bytes.length; at += 2) bytes.writeUInt16BE(next++ & 0xffff, at);
  });
  assert.equal(fills, 0, 'nothing before the first');
  const ids = Array.from({ length: 600 }, () => random.hex(16));
  assert.equal(new Set(ids).size, 600);
  assert.equal(
    ids.every((id) => /^[0-9a-f]{32}$/.test(id)),
    true,
  );
  assert.equal(fills, Math.ceil((600 * 16) / 4_096));
  assert.equal(random.hex(8).length, 16);
  assert.match(random.uuid(), UUID);
});
