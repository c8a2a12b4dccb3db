/**
 * One front door with many routes of all kinds, and some hundred requests near them, in any spelling: real HAProxy with
 * the rendered maps, `edge route`, and the precedence as people read it name the same app.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createEdgeRouteCommand } from '../../src/cli/edge/route.js';
import { describingContext } from '../cli/describing-context.js';
import { EdgeProcess, seenBy } from '../support/edge/edge-process.js';
import { edgeFolder, siteText } from '../support/edge/edge-release.js';
import { HAPROXY_VERSIONS } from '../support/edge/haproxy-versions.js';
import { casesOf } from '../support/properties.js';
import { naiveRoute, type WrittenApp } from './routes/naive-router.js';
import { type Asked, nearRequest, type RouteSet, requestNear, routeSets } from './routes/route-arbitraries.js';

/** Apps' names sort before and after one another in another order than they are written in. */
const NAMES = ['m', 'c', 'x', 'a', 'k', 'z', 'e', 'r'];
/** At each version. A longer run: AUTOPROXY_REQUESTS=5000 npm test -- routing-properties */
const REQUESTS = Number(process.env.AUTOPROXY_REQUESTS ?? 150);
const NO_LIMITS = 'limits: {connection_rate: 1000000, requests: 1000000, errors: 1000000}';

const [SET = { apps: [], matches: [] }] = casesOf<RouteSet>(
  routeSets({ names: NAMES, routes: 120 }).filter(({ matches }) => matches.length > 90),
  1,
);

/** A spelling that HAProxy and `edge route` have to bring back to the one that routes are compared with. */
const spelling = fc.record({
  host: fc.constantFrom('plain', 'plain', 'upper', 'dot', 'port', 'both'),
  encoded: fc.array(fc.nat(), { maxLength: 3 }),
  isLowerCase: fc.boolean(),
  /** At a slash, and at the end of a segment. */
  slashes: fc.record({ at: fc.nat(), more: fc.constantFrom('', '', '/', '//') }),
  parameter: fc.record({ at: fc.nat(), text: fc.constantFrom('', '', '', ';', ';v=1', ';a;b', '%3Bv', '%3bv') }),
  refused: fc.constantFrom(
    ...Array(12).fill(''),
    '/.',
    '/../a',
    '/%2e%2E/a',
    '/.;v',
    '/..%3Bv',
    '%2f',
    '%5C',
    '%00',
    '%7F',
    '%a',
  ),
  query: fc.constantFrom('', '', '?', '?q=/u/7', '?a//b;c%2f'),
});
type Spelling = typeof spelling extends fc.Arbitrary<infer One> ? One : never;

interface Spelled {
  readonly host: string;
  readonly target: string;
}

function spell({ host, path: asked }: Asked, how: Spelling): Spelled {
  const parts = asked.match(/%..|./g) ?? [];
  for (const which of how.encoded) {
    const at = which % parts.length;
    const part = parts[at] ?? '';
    if (/^[A-Za-z0-9._~!$&()*+,:=@-]$/.test(part)) parts[at] = `%${part.charCodeAt(0).toString(16).toUpperCase()}`;
  }
  if (how.isLowerCase) for (const [at, part] of parts.entries()) if (part.length === 3) parts[at] = part.toLowerCase();
  const slashes = [...parts.keys()].filter((at) => parts[at] === '/');
  const doubled = slashes[how.slashes.at % slashes.length] ?? 0;
  parts[doubled] += how.slashes.more;
  // In front of the slash that ends the segment, or at the end of the path.
  const ending = [...slashes.slice(1), parts.length][how.parameter.at % slashes.length] ?? 0;
  parts[ending] = how.parameter.text + (parts[ending] ?? '');
  return { host: spellHost(host, how.host), target: parts.join('') + how.refused + how.query };
}

function spellHost(host: string, how: Spelling['host']): string {
  switch (how) {
    case 'plain':
      return host;
    case 'upper':
      return host.toUpperCase();
    case 'dot':
      return `${host}.`;
    case 'port':
      return `${host}:443`;
    case 'both':
      return `${host}.:80`;
  }
}

const request = fc.record({ near: nearRequest, how: spelling, isSecure: fc.boolean() });
type Request = typeof request extends fc.Arbitrary<infer One> ? One : never;

function definitionsText(apps: readonly WrittenApp[]): string {
  const definitions = apps.map(({ name, routes }, index) => ({
    name,
    pods: ['alpha'],
    protocol: 'http',
    slot: 21_300 + 2 * index,
    edge: { tls: { redirect: false }, routes },
  }));
  return definitions.map((definition) => JSON.stringify(definition)).join('\n---\n');
}

interface RouteDocument {
  readonly routes: readonly { readonly app: string }[];
  readonly refusal: string | null;
}

/** As a person asks, without a process for each question. */
function edgeRouteOver(context: TestContext, text: string): (asked: Spelled) => Promise<Answer> {
  const folder = edgeFolder(context);
  const [registry, site] = [path.join(folder, 'apps'), path.join(folder, 'edge.yml')];
  mkdirSync(registry);
  writeFileSync(path.join(registry, 'apps.yml'), text);
  writeFileSync(site, siteText(folder, 'servers: {template: "{app}.{pod}.svc.example"}'));
  return async ({ host, target }) => {
    const said: string[] = [];
    const terminal = { ...describingContext.terminal, print: (line: string) => void said.push(line) };
    const command = createEdgeRouteCommand({ ...describingContext, terminal });
    const options = ['--registry', registry, '--site', site, '--state-dir', folder, '--json'];
    await command.parseAsync([...options, '--', `${host}${target}`], { from: 'user' });
    const { routes, refusal } = JSON.parse(said.join('\n')) as RouteDocument;
    return refusal === null ? (routes[0]?.app ?? 404) : 400;
  };
}

/** One label under a domain, or the domain: what the site has certificates for. */
function hasCertificate(host: string): boolean {
  return /^(\w([^.]*\w)?\.)?(one|two)\.example\.?(:\d+)?$/i.test(host);
}

type Answer = string | 400 | 404;

function answerByReadme(apps: readonly WrittenApp[], { host, path: asked }: Asked, how: Spelling): Answer {
  if (host.split('.').some((label) => label === '' || label.startsWith('-') || label.endsWith('-'))) return 400;
  if (how.refused !== '' || asked.split('/').some((segment) => segment === '.' || segment === '..')) return 400;
  return naiveRoute(apps, host, asked) ?? 404;
}

async function askHaproxy(edge: EdgeProcess, { host, target }: Spelled, isSecure: boolean): Promise<Answer> {
  const response = await edge.ask({ hosts: [host], target, ...(isSecure ? {} : { sni: null }) });
  if (response.status === 400 || response.status === 404) return response.status;
  assert.equal(response.status, 200, `${host}${target}: ${response.body}`);
  return seenBy(response).app;
}

/** Fails for all wrong answers together: which ones they are says more than the first of them. */
async function assertAnswers(cases: number, ask: (asked: Spelled, request: Request) => Promise<Answer>): Promise<void> {
  const wrong: string[] = [];
  const count = { served: 0, 400: 0, 404: 0 };
  for (const one of casesOf(request, cases)) {
    const asked = requestNear(SET, one.near);
    const expected = answerByReadme(SET.apps, asked, one.how);
    const spelled = spell(asked, one.how);
    const answer = await ask(spelled, one);
    if (answer !== expected) wrong.push(`${JSON.stringify({ ...spelled, asked })}: ${answer}, not ${expected}`);
    count[typeof expected === 'number' ? expected : 'served'] += 1;
  }
  assert.deepEqual(wrong, [], definitionsText(SET.apps));
  assert.ok(count.served > 0 && count[400] > 0 && count[404] > 0, JSON.stringify(count));
}

for (const version of HAPROXY_VERSIONS)
  test(`HAProxy ${version} answers any request near the routes as the README says`, async (context) => {
    const edge = await EdgeProcess.start(context, { apps: definitionsText(SET.apps), version, site: NO_LIMITS });
    await assertAnswers(REQUESTS, (asked, { isSecure }) =>
      askHaproxy(edge, asked, isSecure && hasCertificate(asked.host)),
    );
  });

test('edge route answers the same', (context) => assertAnswers(40, edgeRouteOver(context, definitionsText(SET.apps))));
