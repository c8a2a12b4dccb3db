/** `doctor` and a real Consul: rights that the token lacks are named, and clocks that are apart. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { startConsulFor } from '../support/consul/consul.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const MASTER = '11111111-2222-3333-4444-555555555555';
const CONFIG = `acl { enabled = true  default_policy = "deny"  policy_ttl = "0s"  token_ttl = "0s"  tokens { master = "${MASTER}" } }`;

interface Row {
  readonly check: string;
  readonly verdict: string;
  readonly text: string;
  readonly todo: string | null;
}

async function ask(env: Readonly<Record<string, string>>): Promise<readonly Row[]> {
  const { stdout } = await runCliHere(['doctor', '--json', '--admin', env.AUTOPROXY_ADMIN ?? ''], env);
  return (JSON.parse(stdout) as { readonly findings: readonly Row[] }).findings;
}

test('a token that lacks rights is told which, one that has them is fine, and so are the clocks', async (context) => {
  const consul = await startConsulFor(context, { config: CONFIG, token: MASTER });
  const Rules = 'key_prefix "autoproxy/" { policy = "read" }';
  await consul.put('/v1/acl/policy', { Name: 'node', Rules });
  const { SecretID } = JSON.parse(await consul.put('/v1/acl/token', { Policies: [{ Name: 'node' }] })) as {
    readonly SecretID: string;
  };
  const host = ownAddress();
  const token = path.join(temporaryFolder(context, 'token'), 'token');
  writeFileSync(token, SecretID);
  const env = {
    AUTOPROXY_ADMIN: `${host}:${await freePort(host)}`,
    AUTOPROXY_CONSUL: consul.url,
    AUTOPROXY_CONSUL_NODE: consul.node,
    AUTOPROXY_CONSUL_TOKEN_FILE: token,
  };
  const rightsNow = async (): Promise<readonly Row[]> =>
    (await ask(env)).filter(({ check }) => check === 'consul-rights');
  const lacking = await rightsNow();
  assert.deepEqual(
    lacking.map(({ verdict, text }) => [verdict, text.replace(consul.node, 'NODE')]),
    [
      ['ok', 'Consul lets the node read the keys below autoproxy/apps/'],
      ['bad', 'Consul shows nothing of the services of node NODE'],
      ['bad', 'Consul shows nothing of the checks of node NODE'],
    ],
  );
  assert.match(lacking[1]?.todo ?? '', new RegExp(`node "${consul.node}" \\{ policy = "read" \\}`));
  writeFileSync(token, MASTER);
  assert.deepEqual(
    (await rightsNow()).map(({ verdict }) => verdict),
    ['ok', 'ok', 'ok'],
  );
  const clocks = (await ask(env)).find(({ check }) => check === 'clocks');
  assert.deepEqual(
    [clocks?.verdict, clocks?.text],
    ['ok', 'the clock of this machine and that of Consul are together'],
  );
});

test('a Consul whose clock is five minutes behind is named', async (context) => {
  const server = createServer((_request, response) => {
    response.setHeader('date', new Date(Date.now() - 300_000).toUTCString());
    response.setHeader('content-type', 'application/json');
    response.end('"127.0.0.1:8300"');
  });
  const host = ownAddress();
  const port = await freePort(host);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  atEnd(context, () => void server.close());
  const env = { AUTOPROXY_ADMIN: `${host}:${await freePort(host)}`, AUTOPROXY_CONSUL: `http://${host}:${port}` };
  const clocks = (await ask(env)).find(({ check }) => check === 'clocks');
  assert.equal(clocks?.verdict, 'bad');
  assert.match(
    clocks?.text ?? '',
    /^the clock of this machine and that of Consul are (299|300) s apart, this one ahead$/,
  );
});
