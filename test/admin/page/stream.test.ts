/** The stream of the page: the whole, then changes; bounded, and no burden on those who probe. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import { MAX_STREAMS } from '../../../src/admin/page/event-stream.js';
import { atEnd } from '../../support/at-end.js';
import { eventually } from '../../support/eventually.js';
import { type RunningAdmin, startAdmin } from '../node-double.js';

interface OpenStream {
  readonly socket: Socket;
  text(): string;
}

async function openStream(context: TestContext, { host, port }: RunningAdmin): Promise<OpenStream> {
  const socket = connect({ host, port });
  atEnd(context, () => socket.destroy());
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  socket.on('error', () => {});
  socket.write(`GET /page/stream HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await eventually('the node answers', () => text.includes('\r\n\r\n'));
  return { socket, text: () => text };
}

test('the whole comes first, then each change', async (context) => {
  const admin = await startAdmin(context);
  const stream = await openStream(context, admin);
  await eventually('the whole is there', () => /event: whole\ndata: \{.*\}\n\n/.test(stream.text()));
  assert.match(stream.text(), /^content-type: text\/event-stream; charset=utf-8\r$/m);
  admin.node.page.tell({ gone: ['checkout'] });
  await eventually('the change is there', () => /\ndata: \{.*"gone":\["checkout"\].*\}\n\n/.test(stream.text()));
});

test('watching ends with the last page', async (context) => {
  const admin = await startAdmin(context);
  const { page } = admin.node;
  const streams = [await openStream(context, admin), await openStream(context, admin)];
  assert.equal(page.watchers.size, 1, 'one for all pages');
  for (const { socket } of streams) socket.destroy();
  await eventually('nobody watches', () => page.watchers.size === 0);
  await openStream(context, admin);
  assert.equal(page.watchers.size, 1);
});

test('streams keep no probe out, and probes end no stream', async (context) => {
  const admin = await startAdmin(context);
  const streams = await Promise.all(Array.from({ length: MAX_STREAMS }, () => openStream(context, admin)));
  const late = await request(`${admin.origin}/page/stream`);
  assert.equal(late.statusCode, 503);
  assert.match(await late.body.text(), /64 pages of this node are open already/);
  const idle = Array.from({ length: 100 }, () => connect({ host: admin.host, port: admin.port }).on('error', () => {}));
  atEnd(context, () => {
    for (const socket of idle) socket.destroy();
  });
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
  const ready = await request(`${admin.origin}/ready`);
  assert.equal(ready.statusCode, 200);
  await ready.body.dump();
  admin.node.page.tell({ gone: ['checkout'] });
  await eventually('all streams live', () => streams.every(({ text }) => text().includes('"gone":["checkout"]')));
});

test('a page that does not read is dropped, and the others are told on', async (context) => {
  const admin = await startAdmin(context);
  const reading = await openStream(context, admin);
  const deaf = await openStream(context, admin);
  deaf.socket.pause();
  const long = 'x'.repeat(500_000);
  for (let count = 1; count <= 40; count += 1) {
    admin.node.page.tell({ gone: [`${count} ${long}`] });
    await eventually('the other one reads on', () => reading.text().includes(`"${count} x`));
  }
  const closed = once(deaf.socket, 'close');
  deaf.socket.resume();
  await closed;
  assert.ok(!deaf.text().includes('"40 x'), '20 MB were kept for it');
});

test('HEAD opens none', async (context) => {
  const admin = await startAdmin(context);
  const { statusCode, body } = await request(`${admin.origin}/page/stream`, { method: 'HEAD' });
  await body.dump();
  assert.equal(statusCode, 200);
  assert.equal(admin.node.page.watchers.size, 0);
});

test('the end of the node ends its streams', async (context) => {
  const admin = await startAdmin(context);
  const { socket } = await openStream(context, admin);
  const closed = once(socket, 'close');
  await admin.server.close();
  await closed;
});
