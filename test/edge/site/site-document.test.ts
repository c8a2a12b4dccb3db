/** edge.yml: little has to be said, all that is wrong is named with its place, and a site in error is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSite } from '../../../edge/site/site-document.js';
import { formatProblem } from '../../../src/model/problem.js';

const LEAST = `domains:
  - {name: one.example, certificate: certs/one.pem}
trusted_balancers: [10.0.0.0/24]
servers: {template: "{app}.{pod}.svc.example"}
`;

function messages(text: string): readonly string[] {
  const { site, problems } = parseSite(text, '/etc/edge/edge.yml');
  if (problems.length > 0) assert.equal(site, null);
  return problems.map(formatProblem);
}

test('the least that a site has to say, and what follows from it', () => {
  const { site, problems } = parseSite(LEAST, '/etc/edge/edge.yml');
  assert.deepEqual(problems, []);
  assert.deepEqual(site?.domains[0]?.files, ['/etc/edge/certs/one.pem']);
  assert.deepEqual(site?.servers.place, {
    kind: 'dns',
    template: '{app}.{pod}.svc.example',
    port: 80,
    slots: 8,
    nameservers: [],
    resolveMs: 10_000,
  });
  assert.equal(site?.servers.sendProxy, 'v2');
  assert.equal(site?.running.user, null);
  assert.equal(site?.running.stateFile, '/run/haproxy/servers.state');
  assert.deepEqual(site?.listen.admin, { host: '127.0.0.1', port: 8_404 });
});

test('nodes in place of names, each address once', () => {
  const text = LEAST.replace(/^servers.*$/m, 'servers: {nodes: {alpha: [10.0.0.2, 10.0.0.1, 10.0.0.2]}}');
  const place = parseSite(text, 'edge.yml').site?.servers.place;
  assert.deepEqual(place?.kind === 'nodes' ? [...place.nodes] : null, [['alpha', ['10.0.0.1', '10.0.0.2']]]);
});

const FAULTS: readonly (readonly [what: string, change: (text: string) => string, expected: RegExp])[] = [
  ['an unknown key', (text) => `${text}bad_agents: []\n`, /edge\.yml:5:1: .*unknown key "bad_agents"/],
  ['an unknown key inside', (text) => `${text}listen: {htp_port: 1}\n`, /edge\.yml:5:10: .*did you mean "http_port"/],
  [
    'a quoted number',
    (text) => `${text}listen: {http_port: "80"}\n`,
    /5:21: .*site\.listen\.http_port.*without quotes/,
  ],
  ['a head that HTTP/2 has no room for', (text) => `${text}process: {buffer: 8k}\n`, /5:19: .*"8k" is too small/],
  ['a page for no code', (text) => `${text}error_pages: {999: a.html}\n`, /5:15: .*unknown key "999"/],
  ['a port twice', (text) => `${text}listen: {http_port: 443}\n`, /5:9: .*http_port and https_port are both 443/],
  ['no balancers', (text) => text.replace('[10.0.0.0/24]', '[]'), /3:20: .*no balancer could connect/],
  ['no network', (text) => text.replace('10.0.0.0/24', '10.0.0.0/33'), /3:21: .*is not an address or a network/],
  ['a template without the app', (text) => text.replace('{app}.', ''), /4:21: .*is not a template of names/],
  ['a template with a space', (text) => text.replace('svc', 's vc'), /4:21: .*is not a template/],
  [
    'both kinds of servers',
    (text) => text.replace('servers: {', 'servers: {nodes: {a: [10.0.0.1]}, '),
    /4:10: .*either/,
  ],
  ['a bad pod', (text) => text.replace(/^servers.*$/m, 'servers: {nodes: {"a b": [10.0.0.1]}}'), /not a name of a pod/],
  [
    'a node that is a name',
    (text) => text.replace(/^servers.*$/m, 'servers: {nodes: {a: [n1.example]}}'),
    /is not an IP/,
  ],
  ['a path with a quote', (text) => text.replace('certs/one.pem', '"certs/o\'ne.pem"'), /2:38: .*is not a path/],
  ['a line break in a path', (text) => text.replace('certs/one.pem', '"a\\nb.pem"'), /2:38: .*is not a path/],
  ['a variable in the log target', (text) => `${text}process: {log: {target: "$HOME"}}\n`, /is not where logs go/],
  ['a directive as user', (text) => `${text}process: {user: "root\\nuid 0"}\n`, /is not the name of a user/],
  ['an HSTS with more', (text) => text.replace('one.pem}', 'one.pem, hsts: "max-age=1; x"}'), /Strict-Transport/],
  [
    'a name twice',
    (text) => text.replace('one.pem}', 'one.pem}\n  - {name: one.example, certificate: b.pem}'),
    /is listed twice/,
  ],
  ['a timeout of nothing', (text) => `${text}timeouts: {client: 0s}\n`, /5:20: .*too short/],
  ['a tag', (text) => text.replace('{name', '!evil {name'), /there is a tag/],
  ['another version of YAML', (text) => `%YAML 1.1\n---\n${text}`, /read as YAML 1\.2/],
  ['nothing', () => '', /not a description of a site/],
  ['two documents', (text) => `${text}---\n${text}`, /not a description of a site/],
];

for (const [what, change, expected] of FAULTS) {
  test(`${what} is refused, with its place`, () => {
    const found = messages(change(LEAST));
    assert.ok(
      found.some((message) => expected.test(message)),
      `${expected} is none of:\n${found.join('\n')}`,
    );
  });
}
