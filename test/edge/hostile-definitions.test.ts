/**
 * Whoever may write a definition may not write haproxy.cfg. A value that could end a line, a word, a condition or a
 * field is refused, with its app and no other one, even where the model had let it pass: here its readers are gone round.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../../edge/syntax/configuration.js';
import type { AppDefinition, EdgeDefinition, Route } from '../../src/model/app-definition.js';
import {
  checkWithHaproxy,
  definitionsOf,
  domainsOf,
  edgeFolder,
  renderOf,
  siteOf,
  siteText,
} from '../support/edge/edge-release.js';
import { HAPROXY_VERSIONS } from '../support/edge/haproxy-versions.js';
import { SeededRandom } from '../support/seeded-random.js';

const GOOD = `
name: good
pods: [alpha]
num_instances: 1
image: a:1
protocol: http
slot: 21100
health: {path: /health}
edge:
  tls: {hsts: max-age=1}
  routes:
    - {host: www.one.example, path: /good}
  rate_limit: {requests: 10, errors: 5, concurrent: 3, window: 10s}
  allow: [10.0.0.0/8]
  deny: [10.1.0.0/16]
  max_body: 1m
---
name: victim
pods: [alpha]
num_instances: 1
image: a:1
protocol: http
slot: 21102
health: {path: /health}
edge:
  tls: {hsts: max-age=1}
  routes:
    - {host: www.one.example, path: /victim}
  rate_limit: {requests: 10, errors: 5, concurrent: 3, window: 10s}
  allow: [10.0.0.0/8]
  deny: [10.1.0.0/16]
  max_body: 1m
`;

const PIECES = [
  ...[
    '\n',
    '\r',
    '\t',
    '\0',
    '\x0b',
    '\x1f',
    '\x7f',
    ' ',
    "'",
    '"',
    '\\',
    '#',
    '%[env(HOME)]',
    ['$', '{HOME}'].join(''),
    '$HOME',
  ],
  ...['\u2028', 'é', ';', '{', '}', '||', ' if { always_true }', '-m reg .*', '-f /etc/passwd', '.endif', '.if true'],
  ...[
    '\nbackend evil',
    '\n    http-request lua.evil',
    ' www.two.example/ evil',
    '<<',
    '\\x0a',
    '*',
    '../',
    '/etc/passwd',
  ],
];

/** Releases that are checked by HAProxy, each of thirty apps. A longer run: AUTOPROXY_SEEDS=100 npm test -- hostile-definitions */
const SEEDS = Number(process.env.AUTOPROXY_SEEDS ?? 10);

type Spoil = (app: AppDefinition, evil: string) => AppDefinition;

function withEdge(app: AppDefinition, edge: Partial<EdgeDefinition>): AppDefinition {
  return app.edge === null ? app : { ...app, edge: { ...app.edge, ...edge } };
}

function withRoute(app: AppDefinition, route: Partial<Route>): AppDefinition {
  const first = app.edge?.routes[0];
  return first === undefined ? app : withEdge(app, { routes: [{ ...first, ...route }] });
}

const FIELDS: Readonly<Record<string, Spoil>> = {
  name: (app, evil) => ({ ...app, name: `a${evil}` }),
  pods: (app, evil) => ({ ...app, pods: [`a${evil}`] }),
  'exact host': (app, evil) => withRoute(app, { host: { kind: 'exact', host: `a${evil}.one.example` } }),
  wildcard: (app, evil) => withRoute(app, { host: { kind: 'wildcard', suffix: `${evil}.one.example` } }),
  'host regex': (app, evil) => withRoute(app, { host: { kind: 'regex', pattern: `a${evil}\\.one\\.example` } }),
  'exact path': (app, evil) => withRoute(app, { path: { kind: 'exact', path: `/${evil}` } }),
  'path prefix': (app, evil) => withRoute(app, { path: { kind: 'prefix', path: `/${evil}` } }),
  'path regex': (app, evil) => withRoute(app, { path: { kind: 'regex', pattern: `/${evil}` } }),
  hsts: (app, evil) => withEdge(app, { tls: { domain: null, redirect: true, hsts: `max-age=1${evil}` } }),
  domain: (app, evil) => withEdge(app, { tls: { domain: `one.example${evil}`, redirect: true, hsts: null } }),
  allow: (app, evil) => withEdge(app, { allow: [`10.0.0.0/8${evil}`] }),
  deny: (app, evil) => withEdge(app, { deny: [`${evil}10.0.0.0/8`] }),
  'health path': (app, evil) => ({
    ...app,
    settings: { ...app.settings, health: { ...app.settings.health, path: `/${evil}` } },
  }),
  'host filter': (app, evil) => ({ ...app, settings: { ...app.settings, hostFilter: `a${evil}` } }),
  balance: (app, evil) => ({ ...app, settings: { ...app.settings, balance: `roundrobin${evil}` as never } }),
  requests: (app, evil) => withLimit(app, { requests: `1${evil}` as never }),
  window: (app, evil) => withLimit(app, { windowMs: `1000${evil}` as never }),
  methods: (app, evil) => withEdge(app, { methods: [`GET${evil}`] }),
  'max body': (app, evil) => withEdge(app, { maxBodyBytes: `1${evil}` as never }),
  slot: (app, evil) => ({ ...app, slot: `21100${evil}` as never }),
  'first byte': (app, evil) => ({
    ...app,
    settings: { ...app.settings, timeouts: { ...app.settings.timeouts, firstByteMs: `1000${evil}` as never } },
  }),
};

function withLimit(app: AppDefinition, limit: Partial<NonNullable<EdgeDefinition['rateLimit']>>): AppDefinition {
  const rateLimit = app.edge?.rateLimit;
  return rateLimit === null || rateLimit === undefined ? app : withEdge(app, { rateLimit: { ...rateLimit, ...limit } });
}

const SITES = {
  dns: 'servers: {template: "{app}.{pod}.svc.example", nameservers: ["127.0.0.1:53"]}',
  nodes: 'servers: {nodes: {alpha: [10.0.0.1]}}',
};

/** What stands for the app that is spoilt may differ in its values, never in number or kind. */
function shapeOf(text: string): readonly string[] {
  return parseConfiguration(text).map(([keyword = '']) => keyword);
}

for (const [kind, servers] of Object.entries(SITES)) {
  test(`no value ends its place, servers by ${kind}`, async (context) => {
    const folder = edgeFolder(context);
    const process = `process: {run_dir: ${folder}/run, threads: 1, max_connections: 100}`;
    const site = siteOf(siteText(folder, `${servers}\n${process}`), folder);
    const domains = await domainsOf(site);
    const [good, victim] = definitionsOf(GOOD);
    assert.ok(good !== undefined && victim !== undefined);
    const cfg = async (apps: readonly AppDefinition[]): Promise<string> =>
      (await renderOf(site, apps, null, domains)).release.files.get('haproxy.cfg') ?? '';
    const [alone, both] = [shapeOf(await cfg([good])), shapeOf(await cfg([good, victim]))];
    let refused = 0;
    for (const [field, spoil] of Object.entries(FIELDS)) {
      for (const evil of PIECES) {
        const spoilt = spoil(victim, evil);
        const rendered = await renderOf(site, [good, spoilt], null, domains);
        const text = rendered.release.files.get('haproxy.cfg') ?? '';
        const what = `${field} with ${JSON.stringify(evil)}`;
        assert.ok(rendered.served.includes('good'), `${what} took the good app down`);
        const isServed = rendered.served.includes(spoilt.name);
        if (!isServed) {
          refused += 1;
          assert.ok(
            rendered.problems.some(({ app }) => app === spoilt.name),
            `${what}: nobody says why`,
          );
        }
        assert.deepEqual(shapeOf(text), isServed ? both : alone, what);
        for (const [name, content] of rendered.release.files) assertPlain(name, content, what);
      }
    }
    assert.ok(refused > 300, `${refused} refused`);
    context.diagnostic(`${refused} of ${Object.keys(FIELDS).length * PIECES.length} refused`);
  });
}

test('HAProxy accepts all that is served: random values in random fields', async (context) => {
  const folder = edgeFolder(context);
  const process = `process: {run_dir: ${folder}/run, threads: 1, max_connections: 100}`;
  const site = siteOf(siteText(folder, `${SITES.dns}\n${process}`), folder);
  const [good, victim] = definitionsOf(GOOD);
  assert.ok(good !== undefined && victim !== undefined);
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const random = new SeededRandom(seed);
    const apps = Array.from({ length: 30 }, (_, index) => {
      const app = withRoute(victim, { path: { kind: 'prefix', path: `/v${index}` } });
      const evil = Array.from({ length: 1 + random.below(3) }, () => random.pick(PIECES)).join('');
      const safe: Spoil = (one) => one;
      const spoil = random.once(5) ? safe : (FIELDS[random.pick(Object.keys(FIELDS))] ?? safe);
      return spoil({ ...app, name: `victim-${index}`, slot: 21_104 + 2 * index }, evil);
    });
    const rendered = await renderOf(site, [good, ...apps]);
    assert.ok(rendered.served.includes('good'), `seed ${seed}`);
    assert.ok(rendered.served.length > 1, `seed ${seed}: nothing else is served`);
    const version = random.pick(HAPROXY_VERSIONS);
    assert.equal(await checkWithHaproxy(rendered, folder, version), '', `seed ${seed}, HAProxy ${version}`);
  }
});

const FIELDS_OF_LINES: Readonly<Record<string, number>> = { maps: 2 };

function assertPlain(name: string, content: string, what: string): void {
  if (name.startsWith('errors/') || name.startsWith('certs/')) return;
  assert.match(content, /^[\n\x20-\x7e]*$/, `${what}: ${name}`);
  const fields = FIELDS_OF_LINES[name.split('/')[0] ?? ''];
  if (fields === undefined) return;
  for (const line of content.split('\n').slice(0, -1)) assert.equal(line.split(' ').length, fields, `${what}: ${name}`);
}
