/** Each way to get a file wrong: where it is said to be, and what one is told to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServiceDocument } from '../../src/documents/service-document.js';
import { formatProblem } from '../../src/model/problem.js';

interface Case {
  readonly what: string;
  readonly text: string;
  /** `line:col: severity: ... (hint)`, each problem in order; a part of the line is enough. */
  readonly lines: readonly (readonly [place: string, part: string])[];
  /** Apps that live on. */
  readonly apps: readonly string[];
}

const OK = 'ok: {protocol: http, slot: 1}\n';

const CASES: readonly Case[] = [
  { what: 'nothing', text: '', lines: [['1:1: warning', 'write {} to remove its apps']], apps: [] },
  { what: 'only a comment', text: '\n# later\n', lines: [['1:1: warning', 'is empty']], apps: [] },
  { what: 'a list', text: '\n- a\n', lines: [['2:1: error', 'write "name:"']], apps: [] },
  { what: 'a word', text: 'checkout\n', lines: [['1:1: error', 'write "name:"']], apps: [] },
  { what: 'a bracket left open', text: 'a: {protocol: http\n', lines: [['2:1: error', 'fix the line']], apps: [] },
  { what: 'a quote left open', text: 'a: "b\n', lines: [['2:1: error', 'fix the line']], apps: [] },
  {
    what: 'indentation that does not fit',
    text: 'a:\n  b: 1\n c: 2\n',
    lines: [['3:1: error', 'fix the line']],
    apps: [],
  },
  { what: 'a tab', text: 'a:\n\tprotocol: http\n', lines: [['2:1: error', 'fix the line']], apps: [] },
  { what: 'a NUL byte', text: `${OK}b\0`, lines: [['2:2: error', 'plain UTF-8 text']], apps: [] },
  {
    what: 'bytes that are no UTF-8',
    text: `${OK}b: \ufffd`,
    lines: [['2:4: error', 'save the file as UTF-8']],
    apps: [],
  },
  {
    what: 'an app without keys',
    text: `${OK}b:\n`,
    lines: [['2:1: error', 'write its keys below the name']],
    apps: ['ok'],
  },
  { what: 'an app that is a list', text: `${OK}b: []\n`, lines: [['2:4: error', 'write its keys']], apps: ['ok'] },
  {
    what: 'a bad name',
    text: `${OK}9b: {protocol: http, slot: 3}\n`,
    lines: [['2:1: error', 'at most 63']],
    apps: ['ok'],
  },
  {
    what: 'a name of 64 letters',
    text: `${OK}${'n'.repeat(64)}: {}\n`,
    lines: [['2:1: error', 'at most 63']],
    apps: ['ok'],
  },
  { what: 'a name with a path', text: `${OK}../b: {}\n`, lines: [['2:1: error', 'at most 63']], apps: ['ok'] },
  {
    what: 'a name that is a map',
    text: `${OK}? {x: y}\n: {}\n`,
    lines: [['2:3: error', 'write "name:"']],
    apps: ['ok'],
  },
  { what: 'one name twice', text: `${OK}${OK}`, lines: [['2:1: error', 'line 1 has it too']], apps: ['ok'] },
  {
    what: 'one name in two documents',
    text: `${OK}---\n${OK}`,
    lines: [['3:1: error', 'line 1 has it too']],
    apps: ['ok'],
  },
  {
    what: 'no protocol and no slot',
    text: `${OK}b: {internal: true}\n`,
    lines: [
      ['2:1: error', 'add "protocol:"'],
      ['2:1: error', 'add "translated_port:"'],
    ],
    apps: ['ok'],
  },
  {
    what: 'a blank protocol',
    text: `${OK}b: {protocol: , slot: 3}\n`,
    lines: [['2:5: error', 'HTTP or tcp']],
    apps: ['ok'],
  },
  {
    what: 'a protocol that is none',
    text: 'b: {protocol: htpp, slot: 3}\n',
    lines: [['1:15: error', 'did you mean http?']],
    apps: [],
  },
  {
    what: 'a protocol far from any',
    text: 'b: {protocol: udp, slot: 3}\n',
    lines: [['1:15: error', 'not one of http, tcp']],
    apps: [],
  },
  { what: 'slot 0', text: 'b: {protocol: http, slot: 0}\n', lines: [['1:27: error', 'from 1 to 65534']], apps: [] },
  {
    what: 'the last port',
    text: 'b: {protocol: http, slot: 65535}\n',
    lines: [['1:27: error', 'health port']],
    apps: [],
  },
  {
    what: 'a negative slot',
    text: 'b: {protocol: http, slot: -1}\n',
    lines: [['1:27: error', 'from 1 to 65534']],
    apps: [],
  },
  {
    what: 'a slot that is octal to some',
    text: 'b: {protocol: http, slot: 021034}\n',
    lines: [['1:27: error', '021034']],
    apps: [],
  },
  {
    what: 'a slot in sixties',
    text: 'b: {protocol: http, slot: 12:30}\n',
    lines: [['1:27: error', '12:30']],
    apps: [],
  },
  {
    what: 'a slot with a fraction',
    text: 'b: {protocol: http, slot: 80.5}\n',
    lines: [['1:27: error', '80.5']],
    apps: [],
  },
  {
    what: 'a slot that is a list',
    text: 'b: {protocol: http, slot: [5]}\n',
    lines: [['1:27: error', 'a list']],
    apps: [],
  },
  {
    what: 'two names of the slot that differ',
    text: 'b: {protocol: http, slot: 5, translated_port: 7}\n',
    lines: [['1:30: error', 'keep one of them']],
    apps: [],
  },
  {
    what: 'one key twice',
    text: 'b: {protocol: http, slot: 5, slot: 7}\n',
    lines: [['1:30: error', 'line 1 has it too']],
    apps: [],
  },
  {
    what: 'an unknown key near a known one',
    text: 'b: {protocol: http, slot: 5, instnces: []}\n',
    lines: [['1:30: warning', 'did you mean "instances"?']],
    apps: ['b'],
  },
  {
    what: 'an unknown key in a group',
    text: 'b: {protocol: http, slot: 5, health: {pth: /}}\n',
    lines: [['1:39: warning', 'b.health: unknown key "pth" (did you mean "path"?)']],
    apps: ['b'],
  },
  {
    what: 'an unknown key',
    text: 'b: {protocol: http, slot: 5, zzz: 1}\n',
    lines: [['1:30: warning', 'remove it']],
    apps: ['b'],
  },
  {
    what: 'a key of the language',
    text: 'b: {protocol: http, slot: 5, __proto__: 1}\n',
    lines: [['1:30: warning', 'remove it']],
    apps: ['b'],
  },
  {
    what: 'a quoted boolean',
    text: 'b: {protocol: http, slot: 5, internal: "yes"}\n',
    lines: [['1:40: error', 'yes without quotes']],
    apps: [],
  },
  {
    what: 'a number for a boolean',
    text: 'b: {protocol: http, slot: 5, nolog: 1}\n',
    lines: [['1:37: error', 'true or false']],
    apps: [],
  },
  ...['1:10', '"1:10"', '0.1', '10', '1/0', '1/010', '2/10', '10%', '1/10000000', '[1/10]'].map((sample) => ({
    what: `a sample of ${sample}`,
    text: `b: {protocol: http, slot: 5, log_sample: ${sample}}\n`,
    lines: [['1:42: error', 'write 1/10 for one request of ten'] as const],
    apps: [],
  })),
  ...['X-Request', 'Content-Length', 'X_Request_ID', '-id', '7-id', '"a b-id"', 'true'].map((field) => ({
    what: `a request id in ${field}`,
    text: `b: {protocol: http, slot: 5, request_id: ${field}}\n`,
    lines: [['1:42: error', 'write a name that ends in -ID, such as X-Request-ID'] as const],
    apps: [],
  })),
  ...['trace: true', 'request_id: X-Request-ID'].map((key) => ({
    what: `${key} on TCP`,
    text: `b: {protocol: tcp, slot: 5, ${key}}\n`,
    lines: [['1:1: warning', 'no effect on TCP'] as const],
    apps: ['b'],
  })),
  {
    what: 'instances as a text',
    text: 'b: {protocol: http, slot: 5, instances: "1.2.3.4:5"}\n',
    lines: [['1:41: error', 'write ["ip:port", ...]']],
    apps: [],
  },
  {
    what: 'instances that are no addresses',
    text: 'b:\n  protocol: http\n  slot: 5\n  instances:\n    - web:80\n    - 1.2.3.4\n    - [fd00::1]:80\n',
    lines: [['7:16: error', 'fix the line']],
    apps: [],
  },
  {
    what: 'a name, a missing port and a blank',
    text: 'b:\n  protocol: http\n  slot: 5\n  instances:\n    - web:80\n    - 1.2.3.4\n    -\n',
    lines: [
      ['5:7: error', 'names are not resolved'],
      ['6:7: error', 'b.instances[1]: "1.2.3.4": the port is missing'],
      ['5:5: error', 'this element is empty'],
    ],
    apps: [],
  },
  {
    what: 'a long form without address',
    text: 'b: {protocol: http, slot: 5, instances: [{weight: 257}]}\n',
    lines: [['1:42: error', 'add "address:"']],
    apps: [],
  },
  ...['257', '"50%"', '""', '1.5', '-1', '010', '[50]', 'heavy'].map((weight) => ({
    what: `an instance of weight ${weight}`,
    text: `b: {protocol: http, slot: 5, instances: [{address: 1.2.3.4:5, weight: ${weight}}]}\n`,
    lines: [['1:71: warning', 'is invalid; 100, the default, applies (write a whole number from 0 to 256'] as const],
    apps: ['b'],
  })),
  ...['drian', '""', '1', '{}'].map((state) => ({
    what: `an instance in state ${state}`,
    text: `b: {protocol: http, slot: 5, instances: [{address: 1.2.3.4:5, state: ${state}}]}\n`,
    lines: [['1:70: warning', 'is invalid; ready, the default, applies (write ready or drain or maint'] as const],
    apps: ['b'],
  })),
  {
    what: 'one instance twice',
    text: 'b: {protocol: http, slot: 5, instances: ["[::1]:80", "[0::1]:80"]}\n',
    lines: [['1:41: warning', 'remove one']],
    apps: ['b'],
  },
  {
    what: 'one instance twice with two weights',
    text: 'b: {protocol: http, slot: 5, instances: [1.2.3.4:5, {address: 1.2.3.4:5, weight: 1}]}\n',
    lines: [['1:41: error', 'keep one']],
    apps: [],
  },
  {
    what: 'a duration that is none',
    text: 'b: {protocol: http, slot: 5, slow_start: 5 s}\n',
    lines: [['1:42: error', 'write 100ms, 5s']],
    apps: [],
  },
  {
    what: 'a duration in sixties',
    text: 'b: {protocol: http, slot: 5, slow_start: 1:30}\n',
    lines: [['1:42: error', '1:30']],
    apps: [],
  },
  {
    what: 'a timeout of nothing',
    text: 'b: {protocol: http, slot: 5, timeouts: {connect: 0}}\n',
    lines: [['1:50: error', '1ms or more']],
    apps: [],
  },
  {
    what: 'a group that is a word',
    text: 'b: {protocol: http, slot: 5, health: /x}\n',
    lines: [['1:38: error', 'write {path: ...}']],
    apps: [],
  },
  {
    what: 'a check path without slash',
    text: 'b: {protocol: http, slot: 5, health: {path: x}}\n',
    lines: [['1:45: error', 'begins with /']],
    apps: [],
  },
  {
    what: 'a check path with a line end',
    text: 'b: {protocol: http, slot: 5, health: {path: "/\\r\\nX: 1"}}\n',
    lines: [['1:45: error', 'begins with /']],
    apps: [],
  },
  {
    what: 'a host with a port',
    text: 'b: {protocol: http, slot: 5, filters: {host: x.example:80}}\n',
    lines: [['1:46: error', 'without scheme, port']],
    apps: [],
  },
  {
    what: 'no network',
    text: 'b: {protocol: http, slot: 5, trusted_proxies: [10.0.0.0/33]}\n',
    lines: [['1:48: error', 'write 10.0.0.0/8']],
    apps: [],
  },
  {
    what: 'send_proxy: true',
    text: 'b: {protocol: http, slot: 5, send_proxy: true}\n',
    lines: [['1:42: error', 'v1 or v2']],
    apps: [],
  },
  {
    what: 'a cookie with a semicolon',
    text: 'b: {protocol: http, slot: 5, sticky: {cookie: "a;b"}}\n',
    lines: [['1:47: error', 'letters, digits']],
    apps: [],
  },
  {
    what: 'a host filter on TCP',
    text: 'b: {protocol: tcp, slot: 5, filters: {host: x.example}}\n',
    lines: [['1:1: warning', 'no effect on TCP']],
    apps: ['b'],
  },
  {
    what: 'a tag of Ruby',
    text: `${OK}b: !ruby/object:X {protocol: http, slot: 5}\n`,
    lines: [['2:19: error', 'remove the word']],
    apps: ['ok'],
  },
  { what: 'an alias of nothing', text: 'b: *x\n', lines: [['1:4: error', 'write it in quotes']], apps: [] },
  {
    what: 'a merge of a word',
    text: 'b: {<<: x, protocol: http, slot: 5}\n',
    lines: [['1:5: error', 'write the keys out']],
    apps: [],
  },
];

for (const { what, text, lines, apps } of CASES) {
  test(`${what} is named with its place`, () => {
    const document = parseServiceDocument(text, 'a.yml', 'directory');
    const said = document.problems.map(formatProblem);
    assert.equal(said.length, lines.length, said.join('\n'));
    for (const [index, [place, part]] of lines.entries()) {
      const line = said[index] ?? '';
      assert.ok(line.startsWith(`a.yml:${place}: `), line);
      assert.ok(line.includes(part), line);
      assert.ok(line.endsWith(')'), `no hint: ${line}`);
    }
    assert.deepEqual(
      document.apps.map(({ name }) => name),
      apps,
    );
  });
}
