/**
 * The admin API of a node listens where other machines reach it. Without a token they may look and change nothing; with one
 * they may do neither without it.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { LACKS_NETWORKS, startTwoMachines } from '../support/machine/two-networks.js';
import { findPlace, type RunningNode, startNodeAt } from '../support/node/node-process.js';

const TOKEN = 'token-of-the-operators-1';
const WITHOUT = /^the admin API listens beyond this machine without a token: .*--admin-token-file FILE/;
const DRAIN = ['-X', 'POST', '-H', 'X-Autoproxy: 1'];
const MISSING_APP = '/apps/nothing/drain';

interface Lab {
  readonly node: RunningNode;
  /** @returns status and body, asked from the machine of the node */
  readonly here: (url: string, ...words: readonly string[]) => Promise<string>;
  /** From the other machine. */
  readonly there: (url: string, ...words: readonly string[]) => Promise<string>;
}

async function startLab(context: TestContext, flags: Readonly<Record<string, string>>): Promise<Lab> {
  const [machine, other] = await startTwoMachines(context);
  const place = await findPlace(context);
  const admin = `${machine.primary}:19360`;
  const node = await startNodeAt(
    context,
    { ...place, admin },
    {
      '--admin': '0.0.0.0:19360',
      '--services-dir': temporaryFolder(context, 'services'),
      '--bind': '127.0.0.1',
      ...flags,
    },
    machine.prefix,
  );
  const ask = (run: typeof other.run, url: string, words: readonly string[]): Promise<string> =>
    run('curl', '-s', '-m', '5', '-w', ' %{http_code}', ...words, url);
  return {
    node,
    here: (url, ...words) => ask(machine.run, url, words),
    there: (url, ...words) => ask(other.run, `http://${admin}${url}`, words),
  };
}

test('without a token: a warning at the start, others read, and change nothing', {
  skip: LACKS_NETWORKS,
}, async (context) => {
  const { node, here, there } = await startLab(context, {});
  await node.logged(WITHOUT);
  assert.match(await there('/state'), /"status":"ready".* 200$/s);
  assert.match(await there('/ready'), / 200$/);
  const refused = await there(MISSING_APP, ...DRAIN);
  assert.match(refused, /another machine needs a token, and this node has none.*--admin-token-file FILE.* 403$/s);
  assert.match(await there('/sources/directory/accept-removal', ...DRAIN), / 403$/);
  // What is not there is told by 404: it was let in.
  for (const host of ['127.0.0.1', '10.90.0.1'])
    assert.match(await here(`http://${host}:19360${MISSING_APP}`, ...DRAIN), / 404$/, host);
});

test('with a token: nobody gets in at the port without it, and the socket asks for none', {
  skip: LACKS_NETWORKS,
}, async (context) => {
  const file = path.join(temporaryFolder(context, 'token'), 'token');
  writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
  const { node, here, there } = await startLab(context, { '--admin-token-file': file });
  assert.equal(node.linesOf('the admin token was read').length, 1);
  for (const ask of [there, (url: string, ...words: string[]) => here(`http://127.0.0.1:19360${url}`, ...words)]) {
    assert.match(await ask('/state'), / 401$/);
    assert.match(await ask(MISSING_APP, ...DRAIN), / 401$/);
    assert.match(await ask('/ready'), / 200$/);
    assert.match(await ask('/state', '-H', `Authorization: Bearer ${TOKEN}`), /"status":"ready".* 200$/s);
    assert.match(await ask('/state', '-u', `ada:${TOKEN}`), / 200$/);
    assert.match(await ask(MISSING_APP, ...DRAIN, '-u', `ada:${TOKEN}`), / 404$/);
  }
  const socket = path.join(node.stateDir, 'admin.sock');
  assert.match(await here('http://localhost/state', '--unix-socket', socket), /"status":"ready".* 200$/s);
  assert.match(await here(`http://localhost${MISSING_APP}`, '--unix-socket', socket, ...DRAIN), / 404$/);
  assert.ok(!node.lastLines().includes(TOKEN));
});
