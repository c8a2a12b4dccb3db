/** An option that nothing obeys is named at the start, with what to do. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import type { ConfigInputs } from '../../src/config/option-places.js';
import { formatProblem } from '../../src/model/problem.js';
import { temporaryFolder } from '../support/at-end.js';

function warningsOf(flags: ConfigInputs['flags'], env: ConfigInputs['env'] = {}): readonly string[] {
  const host = { hostname: 'a1', parallelism: 1, isTerminal: false };
  const loaded = loadConfig({ flags, env, host, workingDir: '/srv', defaultFile: '/nonexistent/autoproxy.yml' });
  return loaded.warnings.map(formatProblem);
}

test('TLS for a socket of this machine is named, wherever it was asked for', (context) => {
  const socket = { docker: '/run/docker.sock' };
  assert.deepEqual(warningsOf({ ...socket, 'docker-tls-verify': 'true' }, { DOCKER_CERT_PATH: '/certs' }), [
    '--docker-tls-verify: warning: Docker at unix:///run/docker.sock is a socket of this machine, where nobody speaks TLS, ' +
      'so this has no effect (leave it out, or name the TLS port: --docker tcp://HOST:2376)',
    'DOCKER_CERT_PATH: warning: Docker at unix:///run/docker.sock is a socket of this machine, where nobody speaks TLS, ' +
      'so this has no effect (leave it out, or name the TLS port: --docker tcp://HOST:2376)',
  ]);
  const file = path.join(temporaryFolder(context, 'config'), 'autoproxy.yml');
  writeFileSync(file, 'docker: /run/docker.sock\ndocker-tls-verify: yes\n');
  assert.match(
    warningsOf({ config: file })[0] ?? '',
    /autoproxy\.yml:2:20: warning: docker-tls-verify: Docker at unix:/,
  );
});

test('what is obeyed is not named', () => {
  assert.deepEqual(warningsOf({ docker: '/run/docker.sock', 'docker-tls-verify': 'false' }), []);
  assert.deepEqual(warningsOf({ docker: 'tcp://a', 'docker-tls-verify': 'true', 'docker-cert-path': '/certs' }), []);
  assert.deepEqual(warningsOf({ consul: 'http://a:8500', 'consul-ssl': 'true', 'consul-ca-file': '/ca.pem' }), []);
  assert.deepEqual(warningsOf({ consul: 'https://a:8501', 'consul-cert-file': '/c', 'consul-key-file': '/k' }), []);
});

test('options for an engine or a Consul that is not named', () => {
  assert.deepEqual(warningsOf({}, { DOCKER_TLS_VERIFY: '1', CONSUL_HTTP_TOKEN: 'secret' }), [
    'DOCKER_TLS_VERIFY: warning: no Docker engine is named, so this has no effect ' +
      '(name it with --docker or DOCKER_HOST, or leave this out)',
    'CONSUL_HTTP_TOKEN: warning: no Consul is named, so this has no effect ' +
      '(name it with --consul or CONSUL_HTTP_ADDR, or leave this out)',
  ]);
});

test('files of TLS for a Consul that is asked without it', () => {
  assert.match(
    warningsOf({ consul: '127.0.0.1:8500', 'consul-ca-file': '/ca.pem' }).join('\n'),
    /^--consul-ca-file: warning: Consul at http:\/\/127\.0\.0\.1:8500 is asked without TLS, so this has no effect \(write/,
  );
  const bySocket = warningsOf({ consul: 'unix:///run/consul.sock', 'consul-ssl': 'true', 'consul-key-file': '/k' });
  assert.match(bySocket.join('\n'), /^--consul-ssl: .* is a socket .*\n--consul-key-file: .* is a socket/);
});
