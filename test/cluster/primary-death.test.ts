/** kill -9 of the primary: exchanges under way end well, then nobody holds the port. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { isAlive, isListening } from '../support/machine/processes.js';
import { request } from './cluster-parts.js';

const HOST = ownAddress();
const PORT = 27_140;

test('the workers of a dead primary finish what is under way and leave the port', async (context) => {
  const instance = createServer();
  instance.listen(0, HOST);
  await once(instance, 'listening');
  atEnd(context, () => {
    instance.closeAllConnections();
    instance.close();
  });
  const { port: instancePort } = instance.address() as AddressInfo;
  const file = fileURLToPath(new URL('small-primary.js', import.meta.url));
  const primary = spawn(process.execPath, [file, HOST, String(PORT), String(instancePort)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(context, () => primary.kill('SIGKILL'));
  const [line] = (await once(primary.stdout, 'data')) as [Buffer];
  const worker = Number(line.toString());
  assert.ok(isAlive(worker));

  const asked = once(instance, 'request') as Promise<[unknown, ServerResponse]>;
  const answer = request(HOST, PORT);
  const [, response] = await asked;
  primary.kill('SIGKILL');
  await once(primary, 'exit');
  await eventually('the port is closed', async () => !(await isListening(HOST, PORT)));
  response.end('late');
  assert.deepEqual(await answer, { status: 200, body: 'late' });
  await eventually('the worker has ended', () => !isAlive(worker));
});
