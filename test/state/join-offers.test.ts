/** How the definition of an app and the containers of the node come together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../src/model/app.js';
import type { Claim, Offer } from '../../src/sources/source.js';
import { joinOffers, withoutOffered } from '../../src/state/join-offers.js';
import { mergeSources } from '../../src/state/merge.js';
import { appInstance, appOf } from '../support/node/apps.js';

const A = '172.17.0.2';
const B = '172.17.0.3';

function container(name: string) {
  return { id: Buffer.from(name).toString('hex').padEnd(64, '0'), name };
}

function offerOf(
  name: string,
  ...places: readonly (readonly [host: string, port: number | null, by: string])[]
): Offer {
  return {
    name,
    instances: places.map(([host, port, by]) => ({
      ...appInstance(port ?? 0, { host }),
      id: `${host}:${port ?? 'native_port'}`,
      port,
      life: `life of ${by}`,
      container: container(by),
    })),
  };
}

function claimOf(host: string, by: string, claim: Partial<Claim> = {}): Claim {
  return { host, container: container(by), life: `life of ${by}`, standing: 'running', apps: [], why: '', ...claim };
}

function join(apps: readonly App[], offers: readonly Offer[], claims: readonly Claim[] = [], isWhole = true) {
  const joined = joinOffers({ apps, offers, claims, isWhole, inError: new Set() });
  const served = joined.apps.flatMap(({ name, instances }) =>
    instances.map(({ id, life, weight }) => `${name} ${id} ${life ?? '-'} ${weight}`),
  );
  return { ...joined, served };
}

const SHOP = appOf('shop', 9_000);
const LISTING = appOf('shop', 9_000, { instances: [appInstance(80, { host: A, weight: 5 })] });

test('an app gets the instances that containers offer under its name, from any source of its definition', () => {
  const { served, problems } = join(
    [SHOP, appOf('blog', 9_010)],
    [offerOf('shop', [B, 80, 'web-2'], [A, 80, 'web-1'])],
  );
  assert.deepEqual(served, [`shop ${A}:80 life of web-1 100`, `shop ${B}:80 life of web-2 100`]);
  assert.deepEqual(problems, []);
});

test('what the definition lists and a container offers is there once: weight from the one, life from the other', () => {
  const { served } = join([LISTING], [offerOf('shop', [A, 80, 'web-1'])], [claimOf(A, 'web-1', { apps: ['shop'] })]);
  assert.deepEqual(served, [`shop ${A}:80 life of web-1 5`]);
});

test('a listed address gets the life of the container that is there, though it names no app', () => {
  assert.deepEqual(join([LISTING], [], [claimOf(A, 'web-1')]).served, [`shop ${A}:80 life of web-1 5`]);
});

test('nothing is served of a container that leaves or has left, from any source that lists it; people are told why', () => {
  for (const standing of ['leaving', 'gone'] as const) {
    const { served, leftOut, problems } = join(
      [LISTING],
      [],
      [claimOf(A, 'web-1', { standing, why: 'it is stopping' })],
    );
    assert.deepEqual(served, []);
    assert.deepEqual(problems, []);
    assert.deepEqual(leftOut, [
      { app: 'shop', address: `${A}:80`, place: 'container web-1 (7765622d3100)', why: 'it is stopping' },
    ]);
  }
});

test('a listed address that another app has now is left out, and both are named', () => {
  const claims = [claimOf(A, 'blog-1', { apps: ['blog'] })];
  for (const offers of [[], [offerOf('blog', [A, 80, 'blog-1'])]]) {
    const { served, problems } = join([LISTING, appOf('blog', 9_010)], offers, claims);
    assert.deepEqual(served, offers.length === 0 ? [] : [`blog ${A}:80 life of blog-1 100`]);
    assert.match(problems[0]?.message ?? '', /^shop: 172\.17\.0\.2:80 is left out: container blog-1 .* serves blog$/);
    assert.equal(
      problems[0]?.hint,
      'take the address out of the definition of shop, or, if the container serves both, give it SERVICE_80_NAME=shop',
    );
  }
  const { served } = join([LISTING, appOf('blog', 9_010)], [offerOf('blog', [A, 80, 'blog-1'])]);
  assert.deepEqual(served, [`blog ${A}:80 life of blog-1 100`], 'also while nobody can ask the engine');
});

test('a container that serves several apps is of each of them', () => {
  const listing = appOf('desk', 9_010, { instances: [appInstance(81, { host: A })] });
  const claims = [claimOf(A, 'web-1', { apps: ['shop', 'desk'] })];
  const { served } = join([listing, SHOP], [offerOf('shop', [A, 80, 'web-1'])], claims);
  assert.deepEqual(served, [`desk ${A}:81 life of web-1 100`, `shop ${A}:80 life of web-1 100`]);
});

test('an offer of a life that is over is not served', () => {
  for (const claim of [claimOf(A, 'web-2'), claimOf(A, 'web-1', { standing: 'gone' })]) {
    assert.deepEqual(join([SHOP], [offerOf('shop', [A, 80, 'web-1'])], [claim]).served, []);
  }
});

test('a port that the container leaves open is that of the app; without one it is named', () => {
  const offers = [offerOf('shop', [A, null, 'web-1'])];
  assert.deepEqual(join([{ ...SHOP, nativePort: 8080 }], offers).served, [`shop ${A}:8080 life of web-1 100`]);
  const { served, problems, leftOut } = join([SHOP], offers);
  assert.deepEqual(served, []);
  assert.match(problems[0]?.message ?? '', /shop: container web-1 .*names none; it serves nothing/);
  assert.equal(leftOut.length, 1);
});

test('one address that two apps would have by their own ports is served for one, and named', () => {
  const apps = [{ ...SHOP, nativePort: 80 }, appOf('blog', 9_010)];
  const { served, problems } = join(apps, [offerOf('blog', [A, 80, 'web-1']), offerOf('shop', [A, null, 'web-2'])]);
  assert.deepEqual(served, [`blog ${A}:80 life of web-1 100`]);
  assert.match(problems[0]?.message ?? '', /left out: container web-1 .* offers it to blog/);
});

test('an app that no source defines is named with the nearest name, once all sources have spoken', () => {
  const offers = [offerOf('shpo', [A, 80, 'web-1'], [B, 80, 'web-2'])];
  const { problems } = join([SHOP], offers);
  assert.match(
    problems[0]?.message ?? '',
    /^it and 1 more name the app shpo, which no source defines, and serve nothing$/,
  );
  assert.match(problems[0]?.file ?? '', /^container web-1 \(\w{12}\)$/);
  assert.equal(problems[0]?.hint, 'did you mean shop?');
  assert.equal(problems.length, 1);
  assert.deepEqual(join([SHOP], offers, [], false).problems, []);
  assert.deepEqual(join([SHOP], [offerOf('shpo')]).problems, [], 'nobody offers anything to it');
});

test('an app that no source defines, and with no name near it, is told how to define it', () => {
  const { problems } = join([SHOP], [offerOf('accounting', [A, 80, 'web-1'])]);
  assert.deepEqual(
    problems.map(({ hint }) => hint),
    ['define it, or add autoproxy.slot and autoproxy.protocol to its labels'],
  );
});

test('of an app whose definition is in error nobody says that no source defines it', () => {
  const offers = [offerOf('Shop', [A, 80, 'web-1'])];
  const saidWith = (severity: 'error' | 'warning', app: string) => {
    const problem = { severity, app, file: 'f', line: null, col: null, message: 'wrong', hint: null };
    const { problems } = mergeSources([{ name: 'docker', reading: { apps: [], problems: [problem], offers } }]);
    return problems.length;
  };
  assert.equal(saidWith('error', 'Shop'), 1);
  assert.equal(saidWith('error', 'shop'), 1);
  assert.equal(saidWith('warning', 'Shop'), 2);
  assert.equal(saidWith('error', 'blog'), 2);
});

test('letter case does not count where no app is spelled so', () => {
  const offers = [offerOf('Shop', [A, 80, 'web-1'])];
  const claims = [claimOf(A, 'web-1', { apps: ['Shop'] })];
  assert.deepEqual(join([LISTING], offers, claims).served, [`shop ${A}:80 life of web-1 5`]);
  const both = [LISTING, appOf('Shop', 9_010)];
  assert.deepEqual(join(both, offers, claims).served, [`Shop ${A}:80 life of web-1 100`]);
});

test('without containers nothing is touched', () => {
  const apps = [LISTING];
  assert.equal(join(apps, []).apps, apps);
  assert.equal(join(apps, [], [claimOf(B, 'web-2')]).apps[0], LISTING);
});

test('the merge joins over all sources; what is stored is the definition without what containers gave', () => {
  const merged = mergeSources([
    { name: 'directory', reading: { apps: [LISTING], problems: [] } },
    {
      name: 'docker',
      reading: {
        apps: [appOf('shop', 9_100), appOf('blog', 9_010)],
        problems: [],
        offers: [offerOf('shop', [B, 80, 'web-2']), offerOf('blog', ['172.17.0.4', 80, 'blog-1'])],
        claims: [claimOf(A, 'web-1')],
      },
    },
  ]);
  const idsOf = (apps: readonly App[]) => apps.map(({ name, instances }) => [name, ...instances.map(({ id }) => id)]);
  assert.deepEqual(idsOf(merged.apps), [
    ['blog', '172.17.0.4:80'],
    ['shop', `${A}:80`, `${B}:80`],
  ]);
  const stored = withoutOffered(merged.apps, merged.definitions);
  assert.deepEqual(idsOf(stored), [['blog'], ['shop', `${A}:80`]]);
  assert.equal(stored[1]?.instances[0]?.life, 'life of web-1');
});

test('a container that nobody can name is called a container', () => {
  const unnamed = { ...offerOf('shop', [A, null, 'web-1']) };
  const instances = unnamed.instances.map((instance) => ({ ...instance, container: null }));
  const { problems, leftOut } = join([{ ...SHOP, nativePort: null }], [{ ...unnamed, instances }]);
  assert.deepEqual(
    problems.map(({ message }) => message),
    ['shop: a container exposes none or several ports, and names none; it serves nothing'],
  );
  assert.deepEqual(leftOut, [{ app: 'shop', address: A, place: 'a container', why: 'its port is unknown' }]);
});

test('an address of a container that serves other apps is left to them; three of them are named, each in part', () => {
  const others = ['blog', 'x'.repeat(70), 'cart', 'till'];
  const { served, problems, leftOut } = join([LISTING], [], [claimOf(A, 'web-1', { apps: others })]);
  assert.deepEqual(served, []);
  const names = `blog, ${'x'.repeat(60)}, cart`;
  assert.deepEqual(
    leftOut.map(({ app, address, why }) => [app, address, why]),
    [['shop', `${A}:80`, `it serves ${names}`]],
  );
  assert.match(problems[0]?.message ?? '', new RegExp(`has this address now and serves ${names}$`));
});
