import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { request } from 'undici';
import { startAdminServer } from '../../src/admin/server.js';
import { inputOf } from '../metrics/exposition/inputs.js';
import { NodeDouble, startAdmin } from './node-double.js';

test('a taken port is named, with who has it where that can be told, and with what to do', async (context) => {
  const { server } = await startAdmin(context);
  const { address } = server;
  const node = new NodeDouble();
  await assert.rejects(startAdminServer({ node, address }), (error: Error) => {
    assert.match(
      error.message,
      new RegExp(`^127\\.0\\.93\\.1:${address.port}, .* is taken; .*ss -ltnp.*--admin ADDR:PORT$`),
    );
    return true;
  });
  const findPortHolder = async (_host: string, port: number): Promise<string> => `nginx (pid ${port})`;
  await assert.rejects(startAdminServer({ node, address, findPortHolder }), {
    message: `127.0.93.1:${address.port}, the address of the admin API, is taken by nginx (pid ${address.port}): stop that, or choose another with --admin ADDR:PORT`,
  });
});

test('an address of another host is refused with what to do', async () => {
  const address = { host: '192.0.2.1', port: 0 };
  await assert.rejects(
    startAdminServer({ node: new NodeDouble(), address }),
    /is not an address of this host; .*--admin/,
  );
});

test('it ends although a connection is open and a head is half sent', async (context) => {
  const { server, host, port } = await startAdmin(context);
  const socket = connect({ host, port });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('GET /ready HTTP/1.1\r\nHost: local');
  await server.close();
  await closed;
});

test('what has arrived is answered before the end, and its connection is closed with it', async (context) => {
  const { node, server, origin } = await startAdmin(context);
  let answer: () => void = () => assert.fail('nobody asked');
  const asked = new Promise<void>((resolve) => {
    node.metrics = async () => {
      resolve();
      await new Promise<void>((release) => {
        answer = release;
      });
      return inputOf();
    };
  });
  const response = request(`${origin}/metrics`);
  await asked;
  const closed = server.close();
  answer();
  const { statusCode, headers, body } = await response;
  assert.equal(statusCode, 200);
  assert.equal(headers.connection, 'close');
  assert.match(await body.text(), /autoproxy_config_errors 0/);
  await closed;
});
