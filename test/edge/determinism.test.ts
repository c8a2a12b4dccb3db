/** Equal input gives equal bytes, so that "has anything changed?" is a comparison. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHaproxyVersion } from '../../edge/syntax/configuration.js';
import type { AppDefinition } from '../../src/model/app-definition.js';
import {
  checkWithHaproxy,
  definitionsOf,
  edgeFolder,
  renderOf,
  siteOf,
  siteText,
} from '../support/edge/edge-release.js';
import { HAPROXY_VERSIONS } from '../support/edge/haproxy-versions.js';
import { SeededRandom } from '../support/seeded-random.js';

const SERVERS = 'servers: {template: "{app}.{pod}.svc.example", nameservers: ["127.0.0.1:53"]}';

function manyApps(count: number): readonly AppDefinition[] {
  const documents = Array.from({ length: count }, (_, index) => {
    const limits = index % 3 === 0 ? '\n  rate_limit: {requests: 100, errors: 50, concurrent: 20, window: 30s}' : '';
    const networks =
      index % 5 === 0 ? '\n  allow: [10.0.0.0/8, "fd00::/8"]\n  deny: [10.66.0.0/16]\n  max_body: 1m' : '';
    const regex =
      index % 50 === 0 ? `\n    - {host: app-${index}.one.example, path_regex: '^/u/[0-9]+$', priority: ${index}}` : '';
    return `name: app-${index}
pods: [beta, alpha]
num_instances: 2
image: app:${index}
protocol: http
slot: ${20_000 + 2 * index}
health: {path: /health}
edge:
  routes:
    - {host: app-${index}.one.example}
    - {host: www.two.example, path: /app-${index}}${regex}${limits}${networks}
`;
  });
  return definitionsOf(documents.join('---\n'));
}

function shuffled<T>(items: readonly T[], random: SeededRandom): readonly T[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

test('the order in which apps come changes no byte', async (context) => {
  const folder = edgeFolder(context);
  const site = siteOf(siteText(folder, SERVERS), folder);
  const apps = manyApps(40);
  const { release } = await renderOf(site, apps);
  for (let seed = 1; seed <= 5; seed += 1) {
    const again = await renderOf(site, shuffled(apps, new SeededRandom(seed)));
    assert.equal(again.release.id, release.id, `seed ${seed}`);
    assert.deepEqual([...again.release.files], [...release.files]);
  }
});

test('a change of one limit changes one line of one file', async (context) => {
  const folder = edgeFolder(context);
  const site = siteOf(siteText(folder, SERVERS), folder);
  const apps = manyApps(6);
  const changed = apps.map((app) =>
    app.name === 'app-3' && app.edge?.rateLimit
      ? { ...app, edge: { ...app.edge, rateLimit: { ...app.edge.rateLimit, requests: 7 } } }
      : app,
  );
  const [before, after] = [await renderOf(site, apps), await renderOf(site, changed)];
  const files = [...after.release.files].filter(([name, text]) => before.release.files.get(name) !== text);
  assert.deepEqual(
    files.map(([name]) => name),
    ['maps/limit_requests.map'],
  );
  assert.match(after.release.files.get('maps/limit_requests.map') ?? '', /^app-3 7$/m);
});

test('HAProxy finds nothing to warn of in 200 apps', async (context) => {
  const folder = edgeFolder(context);
  const text = siteText(folder, `${SERVERS}\nprocess: {run_dir: ${folder}/run, threads: 1, max_connections: 500}`);
  const site = siteOf(text, folder);
  const apps = manyApps(200);
  const rendered = await renderOf(site, apps);
  assert.equal(rendered.served.length, 200);
  for (const version of HAPROXY_VERSIONS) {
    assert.equal(await checkWithHaproxy(rendered, folder, version), '', version);
  }
});

test('text for one version alone has no block for another version', async (context) => {
  const folder = edgeFolder(context);
  const running = `process: {run_dir: ${folder}/run, threads: 1, max_connections: 500}`;
  const site = siteOf(siteText(folder, `${SERVERS}\n${running}`), folder);
  for (const version of HAPROXY_VERSIONS) {
    const rendered = await renderOf(site, manyApps(1), parseHaproxyVersion(version));
    const text = rendered.release.files.get('haproxy.cfg') ?? '';
    assert.doesNotMatch(text, /\.if/);
    assert.equal(/^ {4}tune\.h2\.fe\.glitches-threshold/m.test(text), version !== '2.6', version);
    assert.equal(await checkWithHaproxy(rendered, folder, version), '', version);
  }
  for (const bad of ['2.4', '1.8', 'new', '2', '']) assert.equal(parseHaproxyVersion(bad), null, bad);
});
