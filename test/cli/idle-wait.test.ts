/** What a command waits for, and for whom. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { AdminClient } from '../../src/admin/client.js';
import { waitForIdle } from '../../src/cli/idle-wait.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { appStatus, instanceStatus, stateDocument } from './state-documents.js';

/** A node that has an admin API alone. */
async function startNode(context: TestContext) {
  const host = ownAddress();
  const address = { host, port: await freePort(host) };
  let inFlight = 1;
  const begin = async () => {
    const server = createServer((_, response) => {
      const state = stateDocument({ apps: [appStatus({ instances: [instanceStatus({ inFlight })] })] });
      response.setHeader('content-type', 'application/json');
      response.setHeader('connection', 'close');
      response.end(JSON.stringify(state));
    });
    server.listen(address.port, address.host);
    await once(server, 'listening');
    const end = async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
    atEnd(context, () => {
      server.closeAllConnections();
      server.close();
    });
    return end;
  };
  const client = new AdminClient({ address: `${address.host}:${address.port}` });
  atEnd(context, () => client.close());
  const wait = (waitMs: number) => waitForIdle(client, () => true, waitMs);
  const setInFlight = (count: number): void => {
    inFlight = count;
  };
  return { begin, wait, setInFlight };
}

test('a node that restarts meanwhile is waited for', async (context) => {
  const { begin, wait, setInFlight } = await startNode(context);
  const end = await begin();
  const left = wait(60_000);
  await end();
  setInFlight(0);
  await begin();
  assert.equal(await left, 0);
});

test('a node that is away at the end of the wait is an error, and no success', async (context) => {
  const { begin, wait } = await startNode(context);
  const end = await begin();
  const left = wait(400);
  await end();
  await assert.rejects(left, /nothing listens on|no answer from/);
});

test('what is left at the end is counted', async (context) => {
  const { begin, wait } = await startNode(context);
  await begin();
  assert.equal(await wait(150), 1);
});
