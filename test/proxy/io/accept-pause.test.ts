/** What the undocumented step makes of each answer of a handle; that it works is tried in test/proxy/limits/client-limit. */
import assert from 'node:assert/strict';
import type { Server } from 'node:net';
import { test } from 'node:test';
import { goOnAccepting, stopAccepting } from '../../../src/proxy/io/accept-pause.js';

const [EALREADY, ENOTCONN] = [-114, -107];

/** A server whose handle answers so, as libuv does by numbers, and what it was asked. */
function serverOf(handle: { readonly readStart?: number; readonly readStop?: number } | null) {
  const asked: string[] = [];
  const calls = Object.entries(handle ?? {}).map(([name, status]) => [
    name,
    () => {
      asked.push(name);
      return status;
    },
  ]);
  const server = { _handle: handle === null ? null : Object.fromEntries(calls) } as unknown as Server;
  return { server, asked };
}

test('it stops where the handle begins to read, or does so already, and then stops', () => {
  for (const readStart of [0, EALREADY]) {
    const { server, asked } = serverOf({ readStart, readStop: 0 });
    assert.equal(stopAccepting(server), true);
    assert.deepEqual(asked, ['readStart', 'readStop']);
    goOnAccepting(server);
    assert.deepEqual(asked.slice(2), ['readStart']);
  }
});

test('a handle that refuses is left as it is, and the caller is told', () => {
  const { server, asked } = serverOf({ readStart: ENOTCONN, readStop: 0 });
  assert.equal(stopAccepting(server), false);
  assert.deepEqual(asked, ['readStart']);
  assert.equal(stopAccepting(serverOf({ readStart: 0, readStop: ENOTCONN }).server), false);
});

test('a Node without these calls, and a server that is closed, are told of', () => {
  for (const handle of [{}, { readStart: 0 }, { readStop: 0 }, null]) {
    const { server, asked } = serverOf(handle);
    assert.equal(stopAccepting(server), false);
    assert.deepEqual(asked, []);
  }
  goOnAccepting(serverOf({}).server);
  goOnAccepting(serverOf(null).server);
});
