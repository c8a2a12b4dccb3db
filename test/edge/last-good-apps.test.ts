/** A definition at fault takes nobody off the front door who was there, and lets nobody suffer for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JudgedDomain } from '../../edge/certificates/domain.js';
import { judgeDomains } from '../../edge/certificates/judge-domains.js';
import { renderWithLastGood } from '../../edge/last-good-apps.js';
import { differencesBetween } from '../../edge/release/differences.js';
import type { Release } from '../../edge/release/release.js';
import { definitionsOf } from '../../edge/release/served-definitions.js';
import type { Rendered } from '../../edge/render.js';
import { readDomains } from '../../edge/site/domain-files.js';
import type { Site } from '../../edge/site/site.js';
import { parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import { formatProblem } from '../../src/model/problem.js';
import type { SlotRecord } from '../../src/registry/registry.js';
import { edgeFolder, siteOf, siteText } from '../support/edge/edge-release.js';

function appText(name: string, hosts: readonly string[], more = ''): string {
  const routes = hosts.map((host) => `{host: ${host}}`).join(', ');
  return `name: ${name}\npods: [alpha]\nprotocol: http\nslot: ${21_400 + 2 * name.length}\n${more}edge: {routes: [${routes}]}\n`;
}

const SHOP = appText('shop', ['shop.one.example', 'old.one.example'], 'env: {COLOR: red}\n');
const OTHER = appText('other', ['other.one.example']);

interface World {
  readonly site: Site;
  readonly domains: readonly JudgedDomain[];
}

async function createWorld(context: Parameters<typeof edgeFolder>[0]): Promise<World> {
  const folder = edgeFolder(context);
  const site = siteOf(siteText(folder, 'servers: {nodes: {alpha: [127.0.0.1]}}\n'), folder);
  const domains = await readDomains(site);
  return { site, domains: judgeDomains(domains, { nowMs: Date.now(), warnWithinMs: 0 }) };
}

/** @param texts one for each file of a registry, by the name of the app */
function rendered(
  world: World,
  texts: Readonly<Record<string, string>>,
  current: Release | null,
  recordedSlots: readonly SlotRecord[] = [],
): Rendered {
  const read = Object.entries(texts).map(([name, text]) => ({
    name,
    ...parseAppDefinitions(text, `${name}.yml`, 't'),
  }));
  return renderWithLastGood({
    ...world,
    version: null,
    current,
    recordedSlots,
    stored: read.flatMap(({ apps }) => apps),
    unreadable: read.filter(({ apps }) => apps.length === 0).map(({ name }) => name),
  });
}

function said({ problems }: Rendered): string {
  return problems.map(formatProblem).join('\n');
}

for (const [fault, text] of [
  ['is no YAML', 'name: shop\npods: [\n'],
  ['has a key that nobody knows', `${SHOP}colour: red\n`],
  ['names a host that no certificate covers', appText('shop', ['shop.three.example'])],
  ['is too much for the budget of expressions', budgetText()],
] as const)
  test(`a definition that ${fault}: the last good one serves on, again and again, until it is mended or removed`, async (context) => {
    const world = await createWorld(context);
    const good = rendered(world, { shop: SHOP, other: OTHER }, null);
    assert.deepEqual(good.served, ['other', 'shop']);
    let current = good.release;
    for (let round = 0; round < 2; round += 1) {
      const next = rendered(world, { shop: text, other: OTHER }, current);
      assert.deepEqual(next.served, ['other', 'shop']);
      assert.deepEqual(next.refused, []);
      assert.deepEqual(differencesBetween(good.release, next.release), []);
      assert.match(said(next), /warning: shop: its definition has errors; the last good version stays in service/);
      current = next.release;
    }
    const changed = appText('shop', ['new.one.example']);
    assert.match(rendered(world, { shop: changed }, current).release.files.get('maps/prefix.map') ?? '', /^new\.one/m);
    assert.deepEqual(rendered(world, { other: OTHER }, current).served, ['other']);
  });

test('one that never served is left out, and named', async (context) => {
  const next = rendered(await createWorld(context), { shop: 'name: shop\n', other: OTHER }, null);
  assert.deepEqual([next.served, next.refused], [['other'], ['shop']]);
});

test('a newcomer that wants a route of an app in service gets nothing, and the other one keeps it', async (context) => {
  const world = await createWorld(context);
  const { release } = rendered(world, { shop: SHOP }, null);
  const next = rendered(world, { shop: SHOP, thief: appText('thief', ['shop.one.example']) }, release);
  assert.deepEqual([next.served, next.refused], [['shop'], ['thief']]);
  assert.match(said(next), /thief: .*is a route of shop/);
});

test('a newcomer takes no route, and no slot, of an app whose definition is at fault now', async (context) => {
  const world = await createWorld(context);
  const { release } = rendered(world, { shop: SHOP, other: OTHER }, null);
  const thieves = { 'a-thief': appText('a-thief', ['shop.one.example']), fence: SHOP.replaceAll('shop', 'fence') };
  for (const fault of ['name: shop\npods: [\n', `${SHOP}colour: red\n`]) {
    const next = rendered(
      world,
      { ...thieves, shop: fault, other: OTHER, new: appText('new', ['new.one.example']) },
      release,
    );
    assert.deepEqual(
      [next.served, next.refused],
      [
        ['new', 'other', 'shop'],
        ['a-thief', 'fence'],
      ],
    );
    assert.match(said(next), /error: a-thief: .*is a route of shop/);
    assert.match(said(next), /error: fence: its slot 21408 is the slot of shop/);
    // When the app is removed, the newcomers may have what it had.
    assert.deepEqual(rendered(world, { other: OTHER, fence: thieves.fence }, next.release).served, ['fence', 'other']);
  }
});

test('a route that was given up, and that another app has by now, is not taken back', async (context) => {
  const world = await createWorld(context);
  const { release } = rendered(world, { shop: SHOP, other: OTHER }, null);
  const moved = appText('other', ['other.one.example', 'old.one.example']);
  const given = appText('shop', ['shop.one.example']);
  const between = rendered(world, { shop: given, other: moved }, release);
  assert.deepEqual(between.served, ['other', 'shop']);
  // Both at once, and the one that gave it up in error.
  const next = rendered(world, { shop: `${given}colour: red\n`, other: moved }, release);
  assert.deepEqual([next.served, next.refused], [['other'], ['shop']]);
});

test('a slot that two apps want stays with the one that is served, else with the one that is recorded for it', async (context) => {
  const world = await createWorld(context);
  const thief = SHOP.replaceAll('shop', 'a-thief');
  const records = [{ port: 21_408, app: 'shop' }];
  assert.deepEqual(rendered(world, { shop: SHOP, 'a-thief': thief }, null).served, ['a-thief']);
  const { served, refused } = rendered(world, { shop: SHOP, 'a-thief': thief }, null, records);
  assert.deepEqual([served, refused], [['shop'], ['a-thief']]);

  const { release } = rendered(world, { shop: SHOP }, null);
  const next = rendered(world, { shop: SHOP, 'a-thief': thief }, release, [{ port: 21_408, app: 'a-thief' }]);
  assert.deepEqual([next.served, next.refused], [['shop'], ['a-thief']]);
  assert.match(said(next), /a-thief: its slot 21408 is the slot of shop \(shop\.yml:1\); it is not served/);
});

test('an app in service that is moved onto the slot of another one serves on from its own', async (context) => {
  const world = await createWorld(context);
  const { release } = rendered(world, { shop: SHOP, other: OTHER }, null);
  const next = rendered(world, { shop: SHOP, other: OTHER.replace('21410', '21409') }, release);
  assert.deepEqual([next.served, next.refused], [['other', 'shop'], []]);
  assert.match(said(next), /other: its slot 21409 is the health port of shop .*; it stays on slot 21410/);
  assert.match(next.release.files.get('haproxy.cfg') ?? '', /alpha-127\.0\.0\.1 127\.0\.0\.1:21410 /);
});

test('apps that do not concern the edge are not kept and cause no release', async (context) => {
  const world = await createWorld(context);
  const { release } = rendered(world, { shop: SHOP }, null);
  assert.deepEqual(Object.keys(definitionsOf(release).get('shop') as object), [
    'name',
    'pods',
    'protocol',
    'slot',
    'edge',
  ]);
  const recolored = rendered(world, { shop: SHOP.replace('red', 'blue') }, release);
  assert.equal(recolored.release.id, release.id);
});

function budgetText(): string {
  const routes = Array.from({ length: 21 }, (_, at) => `{host: shop.one.example, path_regex: '^/r${at}/[0-9]+$'}`);
  return `name: shop\npods: [alpha]\nprotocol: http\nslot: 21408\nedge: {routes: [${routes.join(', ')}]}\n`;
}
