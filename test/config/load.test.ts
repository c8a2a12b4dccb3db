import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { ConfigError, type ConfigInputs } from '../../src/config/option-places.js';
import { temporaryFolder } from '../support/at-end.js';

const HOST = { hostname: 'alpha-1', parallelism: 3, isTerminal: false };

function inputs(given: Partial<ConfigInputs>): ConfigInputs {
  return { flags: {}, env: {}, host: HOST, workingDir: '/srv', defaultFile: '/nonexistent/autoproxy.yml', ...given };
}

function optionsFile(context: TestContext, text: string): string {
  const folder = temporaryFolder(context, 'config');
  const file = path.join(folder, 'autoproxy.yml');
  writeFileSync(file, text);
  return file;
}

/** What is said, one line a problem. */
function complaintOf(given: Partial<ConfigInputs>): string {
  try {
    loadConfig(inputs(given));
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return assert.fail('nothing was refused');
}

test('with nothing said, everything has its default', () => {
  const { config, file, warnings } = loadConfig(inputs({}));
  assert.deepEqual(config, {
    servicesDir: '/etc/autoproxy.d/services',
    bind: '::',
    workers: 3,
    admin: { host: '127.0.0.1', port: 1936 },
    stateDir: '/var/lib/autoproxy',
    adminTokenFile: null,
    adminSocket: null,
    adminSocketMode: 0o660,
    adminSocketOwner: null,
    statsSocket: null,
    statsSocketMode: 0o600,
    statsSocketOwner: null,
    maxConnections: 0,
    node: 'alpha-1',
    pod: null,
    podKeyFile: null,
    neighbors: [],
    backups: null,
    ip: null,
    consul: null,
    consulSsl: false,
    consulNode: null,
    consulToken: null,
    consulTokenFile: null,
    consulCaFile: null,
    consulCertFile: null,
    consulKeyFile: null,
    consulNamespace: null,
    consulDatacenter: null,
    docker: null,
    dockerTlsVerify: null,
    dockerCertPath: null,
    register: false,
    lameDuckMs: 10_000,
    drainTimeoutMs: 15_000,
    orphanGraceMs: 60_000,
    maxRemovalShare: 0.5,
    internalNetworks: ['10.0.0.0/8', '172.17.0.0/16', '127.0.0.0/8', '::1/128'],
    acceptProxy: false,
    trustedProxies: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '::1/128', 'fc00::/7'],
    sendProxy: 'v2',
    via: false,
    logLevel: 'info',
    logFormat: 'json',
    accessLog: null,
    accessLogFormat: 'haproxy',
    accessLogCapture: ['Host'],
    accessLogCaptureResponse: [],
    maxHeadBytes: 16_384,
    maxFields: 100,
  });
  assert.equal(file, null);
  assert.deepEqual(warnings, []);
});

test('a flag goes before the environment, the environment before the file, the file before the default', (context) => {
  const file = optionsFile(context, 'node: from-file\npod: from-file\nbind: 127.0.0.3\nlame-duck: 3s\n');
  const { config } = loadConfig(
    inputs({
      flags: { config: file, node: 'from-flag' },
      env: { AUTOPROXY_NODE: 'from-env', AUTOPROXY_POD: 'from-env' },
    }),
  );
  assert.equal(config.node, 'from-flag');
  assert.equal(config.pod, 'from-env');
  assert.equal(config.bind, '127.0.0.3');
  assert.equal(config.lameDuckMs, 3_000);
  assert.equal(config.drainTimeoutMs, 15_000);
});

test('the old variables are understood, and ours go before them', () => {
  const old = loadConfig(inputs({ env: { BACKUPS: 'nodes.alpha.example', IP: '10.0.0.5' } }));
  assert.equal(old.config.backups, 'nodes.alpha.example');
  assert.equal(old.config.ip, '10.0.0.5');
  const both = loadConfig(inputs({ env: { IP: '10.0.0.5', AUTOPROXY_IP: '10.0.0.6' } }));
  assert.equal(both.config.ip, '10.0.0.6');
});

test('an empty variable is not set', () => {
  const { config } = loadConfig(inputs({ env: { BACKUPS: '', AUTOPROXY_WORKERS: '' } }));
  assert.equal(config.backups, null);
  assert.equal(config.workers, 3);
});

test('the file is found by flag, by variable and by its usual place', (context) => {
  const file = optionsFile(context, 'pod: alpha\n');
  for (const given of [{ flags: { config: file } }, { env: { AUTOPROXY_CONFIG: file } }, { defaultFile: file }]) {
    const loaded = loadConfig(inputs(given));
    assert.equal(loaded.config.pod, 'alpha');
    assert.equal(loaded.file, file);
  }
});

test('paths start where they were written: a flag in the working folder, the file in its own', (context) => {
  const file = optionsFile(context, 'services-dir: services\nstate-dir: /var/lib/other\n');
  const { config } = loadConfig(inputs({ flags: { config: file, 'access-log': 'access.log' } }));
  assert.equal(config.servicesDir, path.join(path.dirname(file), 'services'));
  assert.equal(config.stateDir, '/var/lib/other');
  assert.equal(config.accessLog, '/srv/access.log');
});

test('in the file a list may be a YAML list, a key may have underscores, and an empty value says nothing', (context) => {
  const file = optionsFile(
    context,
    'internal_networks: [10.0.0.0/8, "fd00::/8"]\nneighbors: 10.0.0.2, 10.0.0.3\npod:\n',
  );
  const { config } = loadConfig(inputs({ flags: { config: file } }));
  assert.deepEqual(config.internalNetworks, ['10.0.0.0/8', 'fd00::/8']);
  assert.deepEqual(config.neighbors, ['10.0.0.2', '10.0.0.3']);
  assert.equal(config.pod, null);
});

test('all that is wrong is told at once, each with its place and what to do', (context) => {
  const file = optionsFile(context, 'workers: 2\nbnid: 127.0.0.1\nlame_duck: soon\nnode: {a: b}\n');
  const lines = complaintOf({
    flags: { config: file, bind: 'localhost' },
    env: { AUTOPROXY_MAX_REMOVAL: '50' },
  }).split('\n');
  assert.deepEqual(
    lines.sort(),
    [
      `${file}:2:1: error: unknown option "bnid" (did you mean "bind"?)`,
      `${file}:3:12: error: lame-duck: "soon" is not a duration (write 500ms, 10s, 5m or milliseconds; at most 24d)`,
      `${file}:4:7: error: node is not a plain value (write "node: NAME")`,
      '--bind: error: "localhost" is not an IP address (names are not resolved; write an address such as 10.0.0.5 or fd00::5)',
      'AUTOPROXY_MAX_REMOVAL: error: "50" is not a percentage from 0% to 100% (write a number and the sign, such as 50%)',
    ].sort(),
  );
});

test('a variable of ours that is none is a warning, with the nearest name', () => {
  const { warnings } = loadConfig(inputs({ env: { AUTOPROXY_WORKES: '2' } }));
  assert.equal(warnings.length, 1);
  assert.equal(warnings[0]?.severity, 'warning');
  assert.equal(warnings[0]?.file, 'AUTOPROXY_WORKES');
  assert.equal(warnings[0]?.hint, 'did you mean AUTOPROXY_WORKERS?');
});

test('a flag that is none is refused', () => {
  assert.match(
    complaintOf({ flags: { 'servces-dir': 'x' } }),
    /this option does not exist \(did you mean --services-dir\?\)/,
  );
});

test('a file that is named and not there, or no file, or too large, is refused', (context) => {
  const file = optionsFile(context, `# ${'x'.repeat(1_100_000)}\n`);
  assert.match(
    complaintOf({ flags: { config: '/nonexistent/a.yml' } }),
    /^\/nonexistent\/a\.yml: .*this file does not exist/,
  );
  assert.match(complaintOf({ flags: { config: path.dirname(file) } }), /it is a directory/);
  assert.match(complaintOf({ flags: { config: file } }), /it has more than the 1048576 bytes that are read/);
});

test('broken, hostile and odd files are refused with a place, and nothing else happens', (context) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['- a\n- b\n', /:1:1: error: this is not a map of options/],
    ['pod: [\n', /error:/],
    ['pod: a\0b\n', /:1:7: error: there is a control character/],
    ['pod: alpha\npod: beta\n', /:2:1: error: "pod" is written twice/],
    ['max-fields: 50\nmax_fields: 60\n', /:2:1: error: max-fields is written twice/],
    [`pod: ${'['.repeat(500)}\n`, /nested too deeply/],
    ['__proto__: x\n', /unknown option "__proto__"/],
    ['node: "a b"\n', /:1:7: error: node: "a b" is not a plain name/],
  ];
  for (const [text, expected] of cases) {
    assert.match(complaintOf({ flags: { config: optionsFile(context, text) } }), expected, JSON.stringify(text));
  }
});

test('a host name that no node may have must be replaced by a name', () => {
  const host = { hostname: 'bad name', parallelism: 1, isTerminal: false };
  assert.match(complaintOf({ host }), /^default of --node: error: "bad name" is not a plain name/);
  assert.equal(loadConfig(inputs({ host, flags: { node: 'alpha-1' } })).config.node, 'alpha-1');
});
