/** Where the engine is, and TLS on the way to it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { endpointOf } from '../../src/docker/endpoint.js';
import { DOCKER_OPTIONS, dockerSettingsFrom } from '../../src/docker/settings.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';
import { makeCertificate } from '../support/edge/test-certificates.js';
import { FollowedEngine } from './followed-engine.js';

test('the settings are options, and none is needed', () => {
  assert.deepEqual([...DOCKER_OPTIONS].sort(), ['docker', 'dockerCertPath', 'dockerTlsVerify']);
  assert.equal(dockerSettingsFrom({ docker: null, dockerTlsVerify: true, dockerCertPath: '/x' }), null);
  const settings = dockerSettingsFrom({ docker: 'tcp://a', dockerTlsVerify: null, dockerCertPath: '/x' });
  assert.deepEqual(settings, { url: 'tcp://a', certPath: '/x', tlsVerify: null });
});

test('from a URL to an origin', () => {
  const cases: readonly (readonly [url: string, certPath: string | null, tlsVerify: boolean | null, origin: string])[] =
    [
      ['tcp://10.0.0.5', null, null, 'http://10.0.0.5:2375'],
      ['tcp://10.0.0.5', null, true, 'https://10.0.0.5:2376'],
      ['tcp://10.0.0.5', '/certs', false, 'https://10.0.0.5:2376'],
      ['tcp://10.0.0.5:1', null, false, 'http://10.0.0.5:1'],
      ['tcp://[fd00::5]:1', null, null, 'http://[fd00::5]:1'],
      ['tcp://[fd00::5]', null, null, 'http://[fd00::5]:2375'],
      ['https://docker.example', null, null, 'https://docker.example:2376'],
    ];
  for (const [url, certPath, tlsVerify, origin] of cases) {
    assert.equal(endpointOf({ url, certPath, tlsVerify }).origin, origin, url);
  }
  assert.equal(endpointOf({ url: 'unix:///run/docker.sock', certPath: '/certs', tlsVerify: true }).isSecure, false);
});

test('TLS with an engine that wants to know who asks: files, proof, and what is wrong with them', async (context) => {
  const authority = makeCertificate({ isAuthority: true });
  const own = makeCertificate({ names: ['localhost'], issuer: authority });
  const client = makeCertificate({ names: ['node'], issuer: authority, usage: 'clientAuth' });
  const identity = { cert: own.certificate, key: own.key, ca: authority.certificate };
  const server = createServer({ ...identity, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    response.setHeader('Api-Version', '1.41');
    if (request.url?.includes('/events')) response.flushHeaders();
    else response.end(request.url === '/_ping' ? 'OK' : '[]');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  const url = `tcp://localhost:${(server.address() as AddressInfo).port}`;
  const certPath = temporaryFolder(context, 'certificates');
  const put = (name: string, text: string): void => writeFileSync(path.join(certPath, name), text);
  const follow = (tlsVerify: boolean | null): FollowedEngine =>
    new FollowedEngine(context, { url, certPath, tlsVerify });

  assert.match((await follow(null).fails('unprepared')).message, /it has neither ca\.pem nor cert\.pem with key\.pem/);
  put('cert.pem', client.certificate);
  assert.match(
    (await follow(null).fails('unprepared')).message,
    /it has cert\.pem and no key\.pem; put both there, or neither/,
  );
  put('key.pem', client.key);
  const untrusted = follow(null);
  assert.match(
    (await untrusted.fails('untrusted')).message,
    /TLS with Docker at tcp:\/\/localhost:\d+ failed: .*; put the authority/,
  );
  await follow(false).knows();
  put('ca.pem', authority.certificate);
  await untrusted.nextAttempt(0);
  await untrusted.knows();
  await new FollowedEngine(context, { url }).fails('cut');
});

test('a TLS port that is spoken to without TLS says so, as the engine does', async (context) => {
  const engine = await ScriptedEngine.start(context);
  engine.answers.set('/_ping', () => ({ status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' }));
  assert.match(
    (await new FollowedEngine(context, engine).fails('untrusted')).message,
    /wants TLS: give --docker-tls-verify/,
  );
});
