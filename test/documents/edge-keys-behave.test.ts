/**
 * Each key of `edge` in a definition does what it is for at the front door: with one value real HAProxy is seen to do this,
 * with another that. A key without a row fails. All values of all rows are apps of one front door.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { appDefinitionJsonSchema } from '../../src/documents/app-definition-document.js';
import { EdgeProcess, type EdgeRequest, seenBy } from '../support/edge/edge-process.js';
import { definitionsOf, edgeFolder, renderOf, siteOf, siteText } from '../support/edge/edge-release.js';
import { leafKeys } from './schema-keys.js';

interface Scene {
  readonly edge: EdgeProcess;
  readonly host: string;
  /** @returns the app that answers, or the status in its place */
  readonly ask: (target?: string, more?: Partial<EdgeRequest>) => Promise<string | number>;
}

interface Row {
  readonly look: (scene: Scene) => Promise<unknown>;
  /** Lines below `edge`, and what is seen with them. `HOST` is the host that is asked, `self` the app. */
  readonly seen: readonly (readonly [lines: string, expected: unknown])[];
}

function row(look: Row['look'], ...seen: Row['seen']): Row {
  return { look, seen };
}

const root: Row['look'] = ({ ask }) => ask();
const CLIENT = '198.51.100.7';
const fromClient = { client: CLIENT };

/** The answers of so many requests, one after the other. */
async function answers({ ask }: Scene, targets: readonly string[]): Promise<readonly (string | number)[]> {
  const seen = [];
  for (const target of targets) seen.push(await ask(target, fromClient));
  return seen;
}

async function besideHeldOne({ edge, host, ask }: Scene): Promise<string | number> {
  const held = await edge.open(host, CLIENT);
  held.write(`GET /held HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  // Behind this answer HAProxy, with its one thread, has read the request before it, too.
  await ask('/', { client: '198.51.100.8' });
  const answer = await ask('/', fromClient);
  held.close();
  return answer;
}

const ROWS: Readonly<Record<string, Row>> = {
  routes: row(root, ['routes: [{host: HOST}]', 'self'], ['routes: [{host: other-HOST}]', 404]),
  'routes.host': row(root, ['routes: [{host: HOST}]', 'self'], ['routes: [{host: other-HOST}]', 404]),
  'routes.host_regex': row(
    root,
    ["routes: [{host_regex: '^LABEL\\.one\\.example$'}]", 'self'],
    ["routes: [{host_regex: '^LABEL[0-9]\\.one\\.example$'}]", 404],
  ),
  'routes.path': row(
    ({ ask }) => ask('/a/b'),
    ['routes: [{host: HOST, path: /a}]', 'self'],
    ['routes: [{host: HOST, path: /b}]', 404],
  ),
  'routes.path_exact': row(
    async ({ ask }) => [await ask('/a'), await ask('/a/')],
    ['routes: [{host: HOST, path_exact: /a}]', ['self', 404]],
    ['routes: [{host: HOST, path_exact: /a/}]', [404, 'self']],
  ),
  'routes.path_regex': row(
    async ({ ask }) => [await ask('/77'), await ask('/a')],
    ["routes: [{host: HOST, path_regex: '^/[0-9]+$'}]", ['self', 404]],
    ["routes: [{host: HOST, path_regex: '^/[a-z]+$'}]", [404, 'self']],
  ),
  'routes.priority': row(
    ({ ask }) => ask('/a'),
    ["routes: [{host: HOST, path_regex: '/.*', priority: 2}]", 'self'],
    ["routes: [{host: HOST, path_regex: '/.*', priority: 0}]", 'rival'],
  ),
  'tls.redirect': row(
    ({ ask }) => ask('/', { sni: null }),
    ['tls: {redirect: true}', 301],
    ['tls: {redirect: false}', 'self'],
  ),
  'tls.hsts': row(
    async ({ edge, host }) => (await edge.ask({ hosts: [host] })).fields.get('strict-transport-security'),
    ['tls: {hsts: max-age=5}', 'max-age=5'],
    ['tls: {hsts: max-age=7}', 'max-age=7'],
  ),
  'rate_limit.requests': row(
    (scene) => answers(scene, ['/', '/', '/']),
    ['rate_limit: {requests: 2}', ['self', 'self', 429]],
    ['rate_limit: {requests: 3}', ['self', 'self', 'self']],
  ),
  'rate_limit.errors': row(
    (scene) => answers(scene, ['/status/404', '/status/404', '/']),
    ['rate_limit: {errors: 1}', [404, 404, 429]],
    ['rate_limit: {errors: 9}', [404, 404, 'self']],
  ),
  'rate_limit.concurrent': row(
    besideHeldOne,
    ['rate_limit: {concurrent: 1}', 429],
    ['rate_limit: {concurrent: 2}', 'self'],
  ),
  'rate_limit.window': row(
    async (scene) => {
      const before = await answers(scene, ['/', '/']);
      // The counter slides: two windows after the last request it has forgotten all.
      await delay(2_100);
      return [...before, ...(await answers(scene, ['/']))];
    },
    ['rate_limit: {requests: 1, window: 1s}', ['self', 429, 'self']],
    ['rate_limit: {requests: 1, window: 1h}', ['self', 429, 429]],
  ),
  allow: row(({ ask }) => ask('/', fromClient), ['allow: [198.51.100.0/24]', 'self'], ['allow: [203.0.113.0/24]', 403]),
  deny: row(({ ask }) => ask('/', fromClient), ['deny: [198.51.100.0/24]', 403], ['deny: [203.0.113.0/24]', 'self']),
  max_body: row(
    ({ ask }) => ask('/', { method: 'POST', fields: ['Content-Length: 50'], body: 'x'.repeat(50) }),
    ['max_body: 50', 'self'],
    ['max_body: 49', 413],
  ),
  methods: row(
    async ({ ask }) => [await ask('/', { method: 'PROPFIND' }), await ask('/', { method: 'POST' })],
    ['methods: [GET, PROPFIND]', ['self', 405]],
    ['methods: [GET, POST]', [405, 'self']],
  ),
  hold: row(root, ['hold: [alpha]', 404], ['hold: [beta]', 'self']),
  closed: row(root, ['closed: true', 404], ['closed: false', 'self']),
};

interface Case {
  readonly key: string;
  readonly lines: string;
  readonly expected: unknown;
  readonly name: string;
  readonly host: string;
  readonly look: Row['look'];
}

const CASES: readonly Case[] = Object.entries(ROWS).flatMap(([key, { look, seen }]) =>
  seen.map(([lines, expected], index) => {
    const name = `${key.replace(/[._]/g, '-')}-${index}`;
    return { key, lines, expected, name, host: `${name}.one.example`, look };
  }),
);

function definitionText(name: string, slot: number, lines: string): string {
  return `name: ${name}\npods: [alpha]\nprotocol: http\nslot: ${slot}\nedge:\n  ${lines.replaceAll('\n', '\n  ')}\n`;
}

function definitionOf({ key, lines, name, host }: Case, index: number): string {
  const slot = 21_400 + 4 * index;
  const filled = lines.replaceAll('HOST', host).replaceAll('LABEL', name);
  const own = definitionText(
    name,
    slot,
    `${filled}${filled.startsWith('routes') ? '' : `\nroutes: [{host: ${host}}]`}`,
  );
  if (key !== 'routes.priority') return own;
  const rival = definitionText(
    `rival-of-${name}`,
    slot + 2,
    `routes: [{host: ${host}, path_regex: '/a', priority: 1}]`,
  );
  return `${own}---\n${rival}`;
}

test('each key of a way in has a row, and each row a key', () => {
  const keys = leafKeys(appDefinitionJsonSchema()).filter((key) => key.startsWith('edge.'));
  assert.deepEqual([...Object.keys(ROWS), 'tls.domain'].map((key) => `edge.${key}`).sort(), keys);
});

test('at the front door, HAProxy 2.6', async (context) => {
  const apps = CASES.map(definitionOf).join('---\n');
  const edge = await EdgeProcess.start(context, { apps, version: '2.6' });
  for (const { key, lines, expected, name, host, look } of CASES) {
    await context.test(`${key}: ${lines}`, async () => {
      const ask: Scene['ask'] = async (target = '/', more = {}) => {
        const response = await edge.ask({ hosts: [host], target, ...more });
        if (response.status !== 200) return response.status;
        return seenBy(response)
          .app.replace(name, 'self')
          .replace(/^rival-of-.*/, 'rival');
      };
      assert.deepEqual(await look({ edge, host, ask }), expected);
    });
  }
});

/** HAProxy never hears of it: it decides whether the app is served. */
for (const [domain, refused] of [
  ['one.example', []],
  ['two.example', ['shop']],
] as const)
  test(`tls.domain: ${domain}`, async (context) => {
    const folder = edgeFolder(context);
    const site = siteOf(siteText(folder, 'servers: {template: "{app}.{pod}.svc.example"}'), folder);
    const definition = definitionText('shop', 21_400, `tls: {domain: ${domain}}\nroutes: [{host: www.one.example}]`);
    assert.deepEqual((await renderOf(site, definitionsOf(definition))).refused, refused);
  });
