/** Each option is told with its value and the place where somebody wrote it; a secret is never told. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { OPTIONS } from '../../src/config/options.js';
import { temporaryFolder } from '../support/at-end.js';

const HOST = { hostname: 'a1', parallelism: 2, isTerminal: false };

test('a value has the place that won, and a default has none', (context) => {
  const file = path.join(temporaryFolder(context, 'settings'), 'autoproxy.yml');
  writeFileSync(file, 'lame-duck: 3s\nbind: 127.0.0.9\nneighbors: [10.0.0.2, 10.0.0.3]\n');
  const { settings } = loadConfig({
    flags: { config: file, bind: '127.0.0.1', consul: 'http://127.0.0.1:8500' },
    env: { AUTOPROXY_DRAIN_TIMEOUT: '20s', CONSUL_HTTP_TOKEN: 'very-secret' },
    host: HOST,
    workingDir: '/',
  });
  const of = (name: string) => settings.find((setting) => setting.name === name);
  assert.deepEqual(
    settings.map(({ name }) => name),
    Object.values(OPTIONS).map(({ name }) => name),
  );
  const seen = ['bind', 'drain-timeout', 'lame-duck', 'neighbors', 'workers', 'pod', 'consul', 'consul-token'].map(of);
  assert.deepEqual(
    seen.map((one) => [one?.name, one?.value, one?.origin, one?.place]),
    [
      ['bind', '127.0.0.1', 'flag', '--bind'],
      ['drain-timeout', '20s', 'environment', 'AUTOPROXY_DRAIN_TIMEOUT'],
      ['lame-duck', '3s', 'file', `${file}:1:12`],
      ['neighbors', '10.0.0.2,10.0.0.3', 'file', `${file}:3:12`],
      ['workers', '2', 'default', null],
      ['pod', null, 'default', null],
      ['consul', 'http://127.0.0.1:8500', 'flag', '--consul'],
      ['consul-token', null, 'environment', 'CONSUL_HTTP_TOKEN'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(settings), /very-secret/);
});
