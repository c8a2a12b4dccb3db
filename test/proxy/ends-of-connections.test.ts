/** The table of the verbs that end a connection, in src/proxy/README.md, names the methods that there are, and all of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClientConnection } from '../../src/proxy/client/client-connection.js';
import { BleedDoor } from '../../src/proxy/entry/bleed-door.js';
import { ProxyPreface } from '../../src/proxy/entry/proxy-preface.js';
import { ServedSlot } from '../../src/proxy/entry/served-slot.js';
import { Exchange } from '../../src/proxy/exchange/exchange.js';
import { Downstream } from '../../src/proxy/http/downstream.js';
import { Upstream } from '../../src/proxy/http/upstream.js';
import { ByteConnection } from '../../src/proxy/io/byte-connection.js';
import { Tunnel } from '../../src/proxy/io/tunnel.js';
import { IdlePool } from '../../src/proxy/slot/idle-pool.js';
import { Instance } from '../../src/proxy/slot/instance.js';
import { Neighbors } from '../../src/proxy/slot/neighbors.js';
import { Slot } from '../../src/proxy/slot/slot.js';
import { TcpDownstream } from '../../src/proxy/tcp/tcp-downstream.js';
import { TcpUpstream } from '../../src/proxy/tcp/tcp-upstream.js';

const CLASSES = [
  ...[ByteConnection, Tunnel, ClientConnection, Downstream, TcpDownstream, Upstream, TcpUpstream],
  ...[Exchange, IdlePool, Instance, Neighbors, Slot, ServedSlot, ProxyPreface, BleedDoor],
];
/** Verbs that end something. */
const ENDING =
  /^(?:abandon|abort|cancel|close|cut|destroy|discard|drop|end(?!Wait)|finish|kill|letGo|readToEnd|reset|shut|stop)/;
/** They end other things: what a slot has borrowed, and the accepting of clients. */
const OTHERS = ['Slot.closeLeases', 'ServedSlot.stopAccepting'];

test('each verb that ends a connection is a row of the table, and each row a method', () => {
  const readme = readFileSync(fileURLToPath(new URL('../../../src/proxy/README.md', import.meta.url)), 'utf8');
  const [, table = ''] = /<!-- ends: [^\n]*\n([\s\S]*?)\n\n/.exec(readme) ?? [];
  const rows = [...table.matchAll(/^\| `(\w+)` \| ([\w, ]+) \|/gm)];
  const told = rows.flatMap(([, verb = '', names = '']) => names.split(', ').map((name) => `${name}.${verb}`));
  const found = CLASSES.flatMap(({ name, prototype }) =>
    Object.getOwnPropertyNames(prototype)
      .filter((verb) => ENDING.test(verb))
      .map((verb) => `${name}.${verb}`),
  ).filter((method) => !OTHERS.includes(method));
  assert.deepEqual(told.sort(), found.sort());
});
