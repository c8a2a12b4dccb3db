/** One of fifty apps has a fault: it is refused and named at its line, and forty-nine are served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admitApps } from '../../edge/admit-apps.js';
import type { Domain } from '../../edge/certificates/domain.js';
import { judgeDomains } from '../../edge/certificates/judge-domains.js';
import type { AppDefinition } from '../../src/model/app-definition.js';
import { formatProblem } from '../../src/model/problem.js';
import { edgeApp, type WrittenRoute } from '../support/edge/edge-apps.js';
import { makeCertificate } from '../support/edge/test-certificates.js';

const TODAY = { nowMs: Date.now(), warnWithinMs: 0 };
const good = makeCertificate({ names: ['one.example', '*.one.example'] });
const expired = makeCertificate({ names: ['late.example', '*.late.example'], days: -3 });
const stranger = makeCertificate({ names: ['mixed.example'] });

function domain(name: string, names: readonly string[], { certificate, key }: typeof good): Domain {
  const pemFiles = [{ file: `${name}.pem`, text: certificate + key }];
  return { name, names, pemFiles, place: { file: 'edge.yml', line: 1, col: 1 } };
}

const DOMAINS = judgeDomains(
  [
    domain('one.example', ['one.example', '*.one.example'], good),
    domain('late.example', ['late.example', '*.late.example'], expired),
    domain('mixed.example', ['mixed.example'], { certificate: stranger.certificate, key: good.key }),
    domain('narrow.example', ['narrow.example'], stranger),
  ],
  TODAY,
);

const fine = Array.from({ length: 49 }, (_, index) => edgeApp(`app-${index}`, [{ host: `a${index}.one.example` }]));
/** Ten of them with twenty expressions each: the budget is spent. */
const hungry = fine.map((app, index) =>
  index < 10 ? edgeApp(app.name, manyRegexes(`a${index}.one.example`, 20)) : app,
);

function manyRegexes(host: string, count: number): readonly WrittenRoute[] {
  return Array.from({ length: count }, (_, index) => ({ host, path_regex: `/u/${index}/[0-9]+` }));
}

interface Fault {
  readonly routes: readonly WrittenRoute[];
  readonly tls?: WrittenRoute;
  readonly among?: typeof fine;
  readonly problem: RegExp;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'a host of no certificate': {
    routes: [{ host: 'www.other.example' }],
    problem: /^faulty\.yml:1:\d+: error: faulty: www\.other\.example prefix \/: no certificate of the site covers/,
  },
  'one label more than the wildcard': { routes: [{ host: 'a.b.one.example' }], problem: /a\.b\.one.*no certificate/ },
  'a wildcard that no certificate has': { routes: [{ host: '*.b.one.example' }], problem: /no certificate/ },
  'a name whose end is alike': { routes: [{ host: 'notone.example' }], problem: /no certificate/ },
  'an expression that ends in no wildcard': {
    routes: [{ host_regex: '[a-z]+\\.b\\.one\\.example' }],
    problem: /b\\\.one\\\.example prefix .*no certificate/,
  },
  'an expression whose end is alike': { routes: [{ host_regex: '[a-z]*one\\.example' }], problem: /no certificate/ },
  'a domain that the site has not': {
    routes: [{ host: 'x.one.example' }],
    tls: { domain: 'two.example' },
    problem: /^faulty\.yml:1:1: .*edge\.tls\.domain: the site has no domain two\.example/,
  },
  'a domain that does not cover the host': {
    routes: [{ host: 'x.one.example' }],
    tls: { domain: 'late.example' },
    problem: /late\.example does not cover this host; one\.example does/,
  },
  'an expired certificate': {
    routes: [{ host: 'www.late.example' }],
    problem: /certificate of this host is faulty: domain late\.example: the certificate expired on/,
  },
  'a key of another certificate': { routes: [{ host: 'mixed.example' }], problem: /the key does not belong/ },
  'a certificate without the name': { routes: [{ host: 'narrow.example' }], problem: /does not cover narrow\.example/ },
  'expressions over the budget': {
    routes: [{ host: 'x.one.example', path_regex: '/[0-9]+' }],
    among: hungry,
    problem:
      /^faulty\.yml:1:1: .*1 routes have expressions, but apps before it by name use 200 of the 200 for all apps/,
  },
};

for (const [fault, { routes, tls, among = fine, problem }] of Object.entries(FAULTS)) {
  test(`49 of 50 are served beside ${fault}`, () => {
    const { apps, refused, problems, tables } = admitApps([edgeApp('faulty', routes, tls), ...among], DOMAINS);
    assert.deepEqual(refused, ['faulty']);
    assert.equal(apps.length, 49);
    const own = problems.filter(({ app }) => app === 'faulty');
    assert.equal(own.length, 1);
    assert.match(own.map(formatProblem).join(), problem);
    for (const { app } of Object.values(tables).flat()) assert.notEqual(app, 'faulty');
  });
}

test('two apps want one route: in either order both are named and refused, and the rest is served', () => {
  const clashing = [
    edgeApp('b', [{ host: 'x.one.example', path: '/a' }, { host: 'y.one.example' }]),
    edgeApp('a', [{ host: 'X.one.example.', path: '/a/' }]),
  ];
  for (const some of [[...clashing, ...fine], [...fine, ...clashing].toReversed()]) {
    const { refused, problems, apps } = admitApps(some, DOMAINS);
    assert.deepEqual(refused, ['a', 'b']);
    assert.equal(apps.length, 49);
    const said = problems.filter(({ app }) => app !== null).map(formatProblem);
    assert.equal(said.length, 2);
    assert.match(said.join('\n'), /a: x\.one\.example prefix \/a: is a route of b \(b\.yml:1\) too/);
    assert.match(said.join('\n'), /b: x\.one\.example prefix \/a: is a route of a \(a\.yml:1\) too/);
  }
});

test('an app that is refused anyway takes no route from another one', () => {
  const routes = [{ host: 'x.one.example' }];
  const faulty = edgeApp('faulty', [...routes, { host: 'x.other.example' }]);
  const { refused, apps } = admitApps([edgeApp('owner', routes), faulty], DOMAINS);
  assert.deepEqual(refused, ['faulty']);
  assert.deepEqual(
    apps.map(({ name }) => name),
    ['owner'],
  );
});

test('what is covered: names, wildcards, expressions; and who has no way in is passed over', () => {
  const app = edgeApp(
    'whole',
    [
      { host: 'one.example' },
      { host: '*.one.example' },
      { host_regex: '^s-[0-9]+\\.one\\.example$' },
      { host_regex: '(a|b)-x\\.one\\.example' },
    ],
    { domain: 'one.example' },
  );
  const { apps, refused, problems } = admitApps([app, { ...app, name: 'inner', edge: null }], DOMAINS);
  assert.deepEqual([apps.length, refused], [1, []]);
  assert.deepEqual(
    problems.filter((problem) => problem.app === 'whole' && problem.severity === 'error'),
    [],
  );
});

/** All at one place, so that the names decide where nothing else does. */
function appOnSlot(name: string, slot: number, hasWayIn = true): AppDefinition {
  const app = { ...edgeApp(name, [{ host: `${name}.one.example` }]), slot };
  return hasWayIn ? app : { ...app, edge: null };
}

for (const [what, slot] of [
  ['the slot of another app', 9_000],
  ['its slot on the health port of another app', 9_001],
  ['its health port on the slot of another app', 8_999],
] as const) {
  test(`an app with ${what} is refused, both named; in either order the app that has the slot keeps it`, () => {
    const [payroll, web] = [appOnSlot('payroll', slot), appOnSlot('web', 9_000)];
    for (const apps of [
      [payroll, web],
      [web, payroll],
    ]) {
      const { refused, problems, tables } = admitApps([...apps, ...fine], DOMAINS, new Map([['web', 9_000]]));
      assert.deepEqual(refused, ['payroll']);
      const own = problems.filter(({ app, severity }) => app === 'payroll' && severity === 'error');
      assert.match(own.map(formatProblem).join(), /^payroll\.yml:1:1: error: payroll: its .* of web \(web\.yml:1\)/);
      assert.deepEqual(
        tables.prefix.filter(({ app }) => app === 'payroll'),
        [],
      );
      // Nobody has it: the order of places decides, as it does on a node.
      assert.deepEqual(admitApps(apps, DOMAINS).refused, ['web']);
    }
  });
}

test('a slot is taken by an app without a way in, and by one whose certificate is missing: the nodes serve it all the same', () => {
  const web = appOnSlot('web', 9_000);
  const held = new Map([['other', 9_000]]);
  assert.deepEqual(admitApps([web, appOnSlot('other', 9_000, false)], DOMAINS, held).refused, ['web']);
  const uncovered = { ...edgeApp('other', [{ host: 'www.other.example' }]), slot: 9_000 };
  assert.deepEqual(admitApps([web, uncovered], DOMAINS, held).refused, ['other', 'web']);
  const { refused, problems } = admitApps([web, appOnSlot('other', 9_000, false)], DOMAINS, new Map([['web', 9_000]]));
  assert.deepEqual([refused, problems.filter(({ app }) => app !== null)], [[], []]);
});
