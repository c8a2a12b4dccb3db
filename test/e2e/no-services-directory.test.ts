/** A node that lives by Consul alone, as docs/running-a-node.md has it, started without a word of a services directory. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { OPTIONS } from '../../src/config/options.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { startConsulFor } from '../support/consul/consul.js';
import { LaunchedNode } from '../support/node/launched-node.js';
import { runCli } from '../support/node/run-cli.js';

const DEFAULT = OPTIONS.servicesDir.fallback({ hostname: '', parallelism: 1, isTerminal: false }) ?? '';
const skip = existsSync(DEFAULT) ? `${DEFAULT} exists here` : false;

test('it is ready, and no source is down', { skip }, async (context) => {
  const consul = await startConsulFor(context);
  const host = ownAddress();
  const node = new LaunchedNode({
    flags: {
      '--state-dir': path.join(temporaryFolder(context, 'node'), 'state'),
      '--bind': host,
      '--admin': `${host}:${await freePort(host)}`,
      '--workers': '1',
      '--lame-duck': '0s',
      '--consul': consul.url,
      '--pod': 'alpha',
      '--node': consul.node,
    },
    env: { PATH: process.env.PATH },
  });
  atEnd(context, () => node.end());
  await node.logged('ready');
  const { sources, problems } = await node.state();
  assert.deepEqual([sources.map(({ name, up }) => [name, up]), problems], [[['consul', true]], []]);
  assert.match(await node.metrics(), /^autoproxy_source_up\{source="consul"\} 1$/m);
  assert.doesNotMatch(await node.metrics(), /source="directory"/);
  assert.equal(node.linesOf('the source is not in use until it is there').length, 1);
  assert.deepEqual(
    ['reading the source failed', 'file notifications failed; polling the directory instead'].flatMap((message) =>
      node.linesOf(message),
    ),
    [],
  );
  const { stdout } = await runCli(['status', '--admin', node.admin]);
  assert.match(stdout, /sources consul;/);
  assert.doesNotMatch(stdout, /directory/);
});
