import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logTarget } from '../../src/config/log-readers.js';
import {
  adminAddress,
  dnsName,
  dockerUrl,
  duration,
  ipAddress,
  listOf,
  network,
  oneWordOf,
  ownAddress,
  percentage,
  plainName,
  RefusedText,
  type TextReader,
  wholeNumber,
} from '../../src/config/text-readers.js';

const CASES: readonly {
  readonly name: string;
  readonly read: TextReader<unknown>;
  readonly accepted: readonly (readonly [string, unknown])[];
  readonly refused: readonly string[];
}[] = [
  {
    name: 'adminAddress',
    read: adminAddress,
    accepted: [
      ['127.0.0.1:1936', { host: '127.0.0.1', port: 1936 }],
      ['[::1]:1', { host: '::1', port: 1 }],
      ['localhost:80', { host: '127.0.0.1', port: 80 }],
    ],
    refused: [
      '',
      '1936',
      ':1936',
      '::1:1936',
      '[127.0.0.1]:1',
      '127.0.0.1:65536',
      '127.0.0.1:0',
      '[::1]:00',
      'node.example:1936',
      '127.0.0.1:-1',
    ],
  },
  {
    name: 'ipAddress',
    read: ipAddress,
    accepted: [
      ['::', '::'],
      ['10.0.0.5', '10.0.0.5'],
    ],
    refused: ['', '*', '[::1]', '10.0.0.5:80', '10.0.0.05', 'localhost', 'fe80::1%eth0'],
  },
  {
    name: 'dockerUrl',
    read: dockerUrl,
    accepted: [
      ['/run/docker.sock', 'unix:///run/docker.sock'],
      ['unix:///run/docker.sock', 'unix:///run/docker.sock'],
      ['tcp://10.0.0.5:2376/', 'tcp://10.0.0.5:2376'],
      ['tcp://[fd00::5]', 'tcp://[fd00::5]'],
      ['https://Docker.example', 'https://docker.example'],
    ],
    refused: [
      '',
      'docker.sock',
      'unix://docker.sock',
      'ssh://core@node',
      'tcp://',
      'tcp://a:99999',
      'tcp://a/v1',
      'npipe:////./pipe/docker_engine',
    ],
  },
  { name: 'ownAddress', read: ownAddress, accepted: [['fd00::5', 'fd00::5']], refused: ['0.0.0.0', '::', 'x'] },
  {
    name: 'network',
    read: network,
    accepted: [
      ['10.0.0.0/8', '10.0.0.0/8'],
      ['::1', '::1'],
    ],
    refused: ['10.0.0.0/33', '10/8', ''],
  },
  {
    name: 'list',
    read: listOf(ownAddress),
    accepted: [
      ['', []],
      ['10.0.0.1, 10.0.0.2,10.0.0.1', ['10.0.0.1', '10.0.0.2']],
    ],
    refused: ['10.0.0.1,', ',', '10.0.0.1;10.0.0.2'],
  },
  {
    name: 'percentage',
    read: percentage,
    accepted: [
      ['50%', 0.5],
      ['0%', 0],
      ['100%', 1],
    ],
    refused: ['50', '101%', '-1%', '%', '0.5%'],
  },
  { name: 'duration', read: duration, accepted: [['10s', 10_000]], refused: ['', '10 s', '1w', '99d'] },
  {
    name: 'wholeNumber',
    read: wholeNumber(1, 256),
    accepted: [['256', 256]],
    refused: ['0', '257', '1e2', '010', '0x10', ' 1', ''],
  },
  { name: 'oneWordOf', read: oneWordOf(['info', 'debug']), accepted: [['INFO', 'info']], refused: ['inof', ''] },
  {
    name: 'dnsName',
    read: dnsName,
    accepted: [
      ['nodes.alpha.example', 'nodes.alpha.example'],
      ['tasks.proxy.', 'tasks.proxy.'],
    ],
    refused: ['10.0.0.1', 'a..b', '-a.example', 'a b', '', `${'a'.repeat(60)}.`.repeat(5)],
  },
  {
    name: 'plainName',
    read: plainName,
    accepted: [['ip-10-0-0-5.eu.internal', 'ip-10-0-0-5.eu.internal']],
    refused: ['', '.', '-a', 'a b', 'a\r\nb', 'ä'],
  },
  {
    name: 'logTarget',
    read: logTarget,
    accepted: [
      ['none', null],
      ['-', '-'],
      ['a.log', '/base/a.log'],
    ],
    refused: [''],
  },
];

for (const { name, read, accepted, refused } of CASES) {
  test(`${name}: what is accepted, and that every refusal says what to do`, () => {
    for (const [text, value] of accepted) assert.deepEqual(read(text, '/base'), value, text);
    for (const text of refused) {
      const answer = read(text, '/base');
      assert.ok(answer instanceof RefusedText, `"${text}" was accepted as ${JSON.stringify(answer)}`);
      assert.ok(answer.refusal.message !== '' && answer.refusal.hint !== '', text);
    }
  });
}

test('a node that is given a socket for its port is told which option is for one', () => {
  const read = adminAddress('unix:/run/admin.sock', '/');
  assert.ok(read instanceof RefusedText);
  assert.match(read.refusal.hint, /--admin-socket PATH/);
});
