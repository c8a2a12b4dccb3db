/** What went wrong with the engine, in words: by the code of the error, by the status, by what was said. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { errors } from 'undici';
import { failureFrom, refusalFrom } from '../../src/docker/connection-failures.js';
import { type Endpoint, endpointOf } from '../../src/docker/endpoint.js';
import { DockerFailure } from '../../src/docker/failure.js';
import { temporaryFolder } from '../support/at-end.js';

const FAR = endpointOf({ url: 'tcp://10.0.0.5', certPath: null, tlsVerify: null });
const SECURE = endpointOf({ url: 'tcp://10.0.0.5', certPath: null, tlsVerify: true });

function near(socketPath: string): Endpoint {
  return endpointOf({ url: `unix://${socketPath}`, certPath: null, tlsVerify: null });
}

function said(error: unknown, endpoint: Endpoint = FAR): string {
  const failure = failureFrom(error, endpoint);
  assert.equal(failure.cause, error);
  return `${failure.kind}: ${failure.message}`;
}

function coded(code: string): Error {
  return Object.assign(new Error(`it went\nwrong`), { code });
}

test('a failure that is known stays what it is', () => {
  const failure = new DockerFailure('late', 'so late');
  assert.equal(failureFrom(failure, FAR), failure);
});

test('a socket that is away, closed, or none', (context) => {
  const folder = temporaryFolder(context, 'socket');
  const [socket, file] = [path.join(folder, 'docker.sock'), path.join(folder, 'file')];
  writeFileSync(file, '');
  for (const code of ['ENOENT', 'ENOTDIR']) {
    assert.equal(
      said(coded(code), near(socket)),
      `missing: there is no socket ${socket}: is Docker running, and does --docker name its socket?`,
    );
  }
  for (const code of ['ECONNREFUSED', 'ENOTSOCK']) {
    // It has gone since it refused.
    assert.equal(said(coded(code), near(socket)), `unreachable: nothing listens on ${socket}: is Docker running?`);
    assert.equal(
      said(coded(code), near(file)),
      `notSocket: ${file} is a file and not a socket: name the socket of Docker with --docker`,
    );
    assert.equal(
      said(coded(code), near(folder)),
      `notSocket: ${folder} is a directory and not a socket; Docker makes one where the source of a mount is missing: ` +
        'name the socket of Docker with --docker',
    );
  }
  const who = `this process (user id ${process.getuid?.()})`;
  const advice = '(docker run --group-add, SupplementaryGroups= of a unit)';
  for (const code of ['EACCES', 'EPERM']) {
    assert.equal(
      said(coded(code), near(file)),
      `denied: ${who} lacks the right to open ${file}: add its user to its group, id ${process.getgid?.()} ${advice}`,
    );
    assert.equal(
      said(coded(code), near(socket)),
      `denied: ${who} lacks the right to open ${socket}: add its user to the group that owns it ${advice}`,
    );
  }
});

test('the codes of a socket mean nothing special on the way to another machine', () => {
  for (const code of ['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ENOTSOCK', 'EACCES', 'EPERM', 'ETIMEDOUT', 'ENOTFOUND'])
    assert.match(
      said(coded(code)),
      /^unreachable: Docker at tcp:\/\/10\.0\.0\.5 is unreachable: .*it went\\u000awrong/,
    );
});

test('another program answers instead of an engine', () => {
  const words = 'malformed: what answers at tcp://10.0.0.5 is not a Docker engine; does --docker name the right place?';
  assert.equal(said(coded('HPE_INVALID_CONSTANT')), words);
  assert.equal(said(new errors.HTTPParserError('no HTTP')), words);
  assert.notEqual(said(coded('NO_HPE_')), words);
});

test('TLS that one of both does not speak, or does not trust', () => {
  for (const code of ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER']) {
    assert.equal(
      said(coded(code)),
      'untrusted: tcp://10.0.0.5 does not speak TLS; leave out --docker-tls-verify and --docker-cert-path, or name its ' +
        'TLS port',
    );
  }
  for (const code of [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_SSLV3_ALERT_BAD',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER',
  ]) {
    assert.match(
      said(coded(code)),
      /^untrusted: TLS with Docker at tcp:\/\/10\.0\.0\.5 failed: .*it went\\u000awrong; put the authority that signed its certificate into ca\.pem of --docker-cert-path, and your own as cert\.pem and key\.pem$/,
      code,
    );
  }
});

test('a connection that broke off', () => {
  for (const code of [
    ...['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_ABORTED', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED'],
  ])
    assert.equal(said(coded(code)), 'cut: Docker at tcp://10.0.0.5 broke the connection off');
});

function refused(status: number, body: string, endpoint = FAR): string {
  const { kind, message } = refusalFrom(status, body, 'a ping', endpoint);
  return `${kind}: ${message}`;
}

test('a status that is not the wanted one', () => {
  const allow = 'what stands before it has to allow GET of /_ping, /events, /containers/json and /containers/ID/json';
  for (const status of [401, 403]) {
    assert.equal(refused(status, ''), `denied: Docker at tcp://10.0.0.5 refuses a ping; ${allow}`);
    assert.equal(refused(status, 'go\n'), `denied: Docker at tcp://10.0.0.5 refuses a ping (go); ${allow}`);
  }
  for (const status of [429, 500, 503])
    assert.equal(refused(status, 'x'), `failing: Docker at tcp://10.0.0.5 answered ${status} for a ping (x)`);
  for (const status of [400, 402, 404, 428, 430, 499]) {
    assert.equal(
      refused(status, '{"message":"no such\\tthing"}'),
      `refused: tcp://10.0.0.5 answered ${status} for a ping (no such\\u0009thing); does --docker name a Docker engine?`,
    );
  }
  const mixedUp = 'Client sent an HTTP request to an HTTPS server.';
  assert.equal(
    refused(400, mixedUp),
    'untrusted: Docker at tcp://10.0.0.5 wants TLS: give --docker-tls-verify and --docker-cert-path',
  );
  assert.match(refused(400, mixedUp, SECURE), /^refused: /);
  assert.match(refused(400, 'client version 1.51 is too old. Minimum supported API version is 1.60, x'), /^tooNew: /);
});

test('what was said is shown where it is text for people, and cut', () => {
  const shown = (body: string): string | undefined => /for a ping(?: \((.*)\))?$/.exec(refused(500, body))?.[1];
  assert.equal(shown('{"message":" so "}'), 'so');
  assert.equal(shown('plain'), 'plain');
  assert.equal(shown('x'.repeat(300)), 'x'.repeat(200));
  for (const body of ['', ' ', 'null', '7', '{}', '{"message":7}', '{"message":null}', '<html>', '[]'])
    assert.equal(shown(body), undefined, body);
});
