/** Passwords of registries: where Docker's own commands keep them, and what is said where one is not to be had. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { registryOf } from '../../src/docker/image-name.js';
import { NO_PASSWORD, RegistryPasswords } from '../../src/docker/registry-passwords.js';
import { temporaryFolder } from '../support/at-end.js';

const SECRET = 'geheim:/+?ü';
const AUTH = Buffer.from(`ops:${SECRET}`).toString('base64');
const SHOP = 'registry.example:5000/ops/shop:1';

/** @returns what the engine reads out of the header; null: none is sent */
async function sent(image: string, passwords: RegistryPasswords): Promise<unknown> {
  const header = await passwords.headerFor(image);
  if (header === null) return null;
  assert.match(header, /^(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?$/, 'padded, with the letters of URLs');
  return JSON.parse(Buffer.from(header, 'base64url').toString());
}

/** Docker's folder with this config. @returns its path */
function folderWith(context: TestContext, config: object | string): string {
  const folder = temporaryFolder(context, 'docker-config');
  writeFileSync(path.join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return folder;
}

test('the registry of an image is the one that Docker reads in its name', () => {
  const names = ['shop', 'shop:1', 'ops/shop:1', 'docker.io/ops/shop', 'index.docker.io/ops/shop'];
  assert.deepEqual(new Set(names.map(registryOf)), new Set(['docker.io']));
  assert.equal(registryOf(SHOP), 'registry.example:5000');
  assert.equal(registryOf('localhost/shop@sha256:12'), 'localhost');
  assert.equal(registryOf('ghcr.io/ops/shop'), 'ghcr.io');
});

test('a password of docker login is sent to its registry, and to no other', async (context) => {
  const auths = { 'registry.example:5000': { auth: AUTH }, 'https://index.docker.io/v1/': { auth: AUTH } };
  const passwords = new RegistryPasswords({ DOCKER_CONFIG: folderWith(context, { auths }) });
  const login = { username: 'ops', password: SECRET };
  assert.deepEqual(await sent(SHOP, passwords), { ...login, serveraddress: 'registry.example:5000' });
  assert.deepEqual(await sent('shop:1', passwords), { ...login, serveraddress: 'https://index.docker.io/v1/' });
  assert.equal(await sent('ghcr.io/ops/shop', passwords), null);
  const empty = {
    auths: { 'a.example': null, 'registry.example:5000': { auth: null } },
    credHelpers: null,
    credsStore: null,
  };
  assert.equal(await sent(SHOP, new RegistryPasswords({ DOCKER_CONFIG: folderWith(context, empty) })), null);
  assert.equal(Buffer.from(NO_PASSWORD, 'base64url').toString(), '{}');
});

test('it is looked for in the home folder, in the variable first, and nowhere is nothing', async (context) => {
  const home = temporaryFolder(context, 'home');
  assert.equal(await sent(SHOP, new RegistryPasswords({ HOME: home })), null);
  assert.equal(await sent(SHOP, new RegistryPasswords({})), null);
  mkdirSync(path.join(home, '.docker'));
  const auths = { 'https://registry.example:5000/v1/': { identitytoken: 'token-1' } };
  writeFileSync(path.join(home, '.docker/config.json'), JSON.stringify({ auths, currentContext: 'default' }));
  const serveraddress = 'registry.example:5000';
  assert.deepEqual(await sent(SHOP, new RegistryPasswords({ HOME: home })), {
    identitytoken: 'token-1',
    serveraddress,
  });
  const variable = JSON.stringify({ auths: { 'registry.example:5000': { username: 'ci', password: 'p' } } });
  const passwords = new RegistryPasswords({ HOME: home, DOCKER_AUTH_CONFIG: variable });
  assert.deepEqual(await sent(SHOP, passwords), { username: 'ci', password: 'p', serveraddress });
});

/** A helper of this name on a PATH of its own. @returns the environment */
function withProgram(context: TestContext, name: string, script: string, config: object): NodeJS.ProcessEnv {
  const folder = folderWith(context, config);
  const program = path.join(folder, `docker-credential-${name}`);
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` };
}

const GIVES = `read -r server; echo "$1 $server" >> "$DOCKER_CONFIG/asked"
case "$server" in
  registry.example:5000) echo '{"ServerURL": "x", "Username": "ops", "Secret": "of-the-helper"}';;
  token.example) echo '{"Username": "<token>", "Secret": "token-2"}';;
  *) echo 'credentials not found in native keychain'; exit 1;;
esac`;

test('a credential helper is asked once for each registry', async (context) => {
  const config = {
    credsStore: 'none',
    credHelpers: { 'registry.example:5000': 'own', 'token.example': 'own', 'gone.example': 'own' },
  };
  const env = withProgram(context, 'own', GIVES, config);
  const passwords = new RegistryPasswords(env);
  const serveraddress = 'registry.example:5000';
  const images = [SHOP, 'registry.example:5000/ops/till:1'];
  for (const found of await Promise.all(images.map((image) => sent(image, passwords))))
    assert.deepEqual(found, { username: 'ops', password: 'of-the-helper', serveraddress });
  assert.deepEqual(await sent('token.example/shop', passwords), {
    identitytoken: 'token-2',
    serveraddress: 'token.example',
  });
  assert.equal(await sent('gone.example/shop', passwords), null);
  const asked = readFileSync(path.join(env.DOCKER_CONFIG ?? '', 'asked'), 'utf8');
  assert.deepEqual(asked.trim().split('\n').sort(), [
    'get gone.example',
    'get registry.example:5000',
    'get token.example',
  ]);
});

test('the store has the passwords of all registries without a helper of their own', async (context) => {
  const auths = { 'registry.example:5000': {}, 'plain.example': { auth: AUTH } };
  const env = withProgram(context, 'own', GIVES, { credsStore: 'own', credHelpers: { 'plain.example': '' }, auths });
  const passwords = new RegistryPasswords(env);
  assert.equal(((await sent(SHOP, passwords)) as { readonly password: string }).password, 'of-the-helper');
});

/** What is said of a password that is not to be had. */
async function refusal(env: NodeJS.ProcessEnv): Promise<string> {
  const said = await new RegistryPasswords(env).headerFor(SHOP).then(
    () => assert.fail('it was to be had'),
    (error: Error) => error.message,
  );
  assert.doesNotMatch(said, /geheim|Z2VoZWlt|of-the-helper/, 'a secret is shown');
  assert.match(said, /or give --no-registry-auth/);
  return said;
}

test('a helper that fails is named, with what it says and what to do', async (context) => {
  const asked = (script: string) => refusal(withProgram(context, 'own', script, { credsStore: 'own' }));
  assert.match(
    await asked('echo "the key is locked"; exit 1'),
    /^docker-credential-own does not give the password of registry\.example:5000: the key is locked; docker login registry/,
  );
  assert.match(await asked('echo "no agent" >&2; exit 2'), /: no agent; docker login/);
  assert.match(await asked('exit 3'), /: it ended with 3; docker login/);
  assert.match(await asked('echo \'{"Secret": "of-the-helper"}\'; exit 1'), /: it ended with 1;/);
  assert.match(
    await asked('echo "of-the-helper"'),
    /gives something else than the password of registry\.example:5000;/,
  );
  assert.match(
    await refusal(withProgram(context, 'own', '', { credsStore: 'missing' })),
    /^the password of registry\.example:5000 is kept by docker-credential-missing, which is not on the PATH; install it,/,
  );
  assert.match(await refusal(withProgram(context, 'own', '', { credsStore: '../own' })), /is not a name of a program/);
});

test('a config that cannot be read says where, and shows nothing of it', async (context) => {
  const config = (text: object | string) => refusal({ DOCKER_CONFIG: folderWith(context, text) });
  assert.match(await config(`{"auths": {"x": {"auth": "${AUTH}" geheim`), /config\.json is not JSON; mend it/);
  assert.match(
    await config({ auths: { 'a.example': { auth: 7 } } }),
    /config\.json: auths\S* has another form than docker login/,
  );
  const damaged = { auths: { 'registry.example:5000': { auth: Buffer.from('geheim').toString('base64') } } };
  assert.match(await config(damaged), /what stands for registry\.example:5000 is damaged; docker login registry/);
  const folder = folderWith(context, {});
  mkdirSync(path.join(folder, 'sub/config.json'), { recursive: true });
  assert.match(
    await refusal({ DOCKER_CONFIG: path.join(folder, 'sub') }),
    /cannot be read: .*; name its folder with DOCKER_CONFIG/,
  );
});
