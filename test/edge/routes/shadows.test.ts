/** Warnings about routes that others go before: the ones that help, at the line that is meant, and no others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findShadows } from '../../../edge/routes/shadows.js';
import { formatProblem } from '../../../src/model/problem.js';
import { edgeApp, type WrittenRoute } from '../../support/edge/edge-apps.js';

interface Case {
  readonly about: string;
  readonly routes: Readonly<Record<string, readonly WrittenRoute[]>>;
  readonly warnings: readonly string[];
}

const CASES: readonly Case[] = [
  {
    about: 'a prefix of another app under the same host is everyday life',
    routes: { a: [{ host: 'www.one.example' }], b: [{ host: 'www.one.example', path: '/b' }] },
    warnings: [],
  },
  {
    about: 'an expression behind one that takes all it matches',
    routes: {
      a: [{ host: 'www.one.example', path_regex: '/u/.*' }],
      b: [{ host: 'www.one.example', path_regex: '/u/[0-9]+' }],
    },
    warnings: [
      'b: www.one.example regex /u/[0-9]+ is never reached: www.one.example regex /u/.* of a takes all its requests (give it a higher priority, or remove it)',
    ],
  },
  {
    about: 'a priority is the cure',
    routes: {
      a: [{ host: 'www.one.example', path_regex: '/u/.*' }],
      b: [{ host: 'www.one.example', path_regex: '/u/[0-9]+', priority: 1 }],
    },
    warnings: [],
  },
  {
    about: 'an expression for one path, which an exact path has',
    routes: {
      a: [{ host: 'www.one.example', path_exact: '/a.b' }],
      b: [{ host: 'www.one.example', path_regex: '/a\\.b' }],
    },
    warnings: [
      'b: www.one.example regex /a\\.b is never reached: www.one.example exact /a.b of a takes all its requests (give it a higher priority, or remove it)',
    ],
  },
  {
    about: 'a prefix below an expression that takes the segment and all under it, its own app or another',
    routes: {
      a: [{ host: 'www.one.example', path_regex: '/api(/.*)?' }],
      b: [
        { host: 'www.one.example', path: '/api/v1' },
        { host: 'www.one.example', path: '/apix' },
      ],
    },
    warnings: [
      'b: www.one.example prefix /api/v1 is never reached: www.one.example regex /api(/.*)? of a takes all its requests (give it a higher priority, or remove it)',
    ],
  },
  {
    about: "a name under another app's wildcard, once for a pair of apps, and not under its own",
    routes: {
      a: [{ host: '*.one.example' }, { host: '*.one.example', path: '/x' }, { host: 'a.one.example', path: '/x' }],
      b: [
        { host: 'b.one.example', path: '/x' },
        { host: 'b.one.example', path: '/y' },
      ],
    },
    warnings: [
      'b: b.one.example prefix /x goes before *.one.example prefix /x of a, which matches this host too (names go before wildcards; nothing to do if that is meant)',
    ],
  },
  {
    about: 'a name under a wildcard with paths of its own is no surprise',
    routes: { a: [{ host: '*.one.example', path: '/a' }], b: [{ host: 'b.one.example', path: '/b' }] },
    warnings: [],
  },
  {
    about: "a name that another app's expression matches",
    routes: {
      a: [{ host_regex: 's-[0-9]+\\.one\\.example', path: '/x' }],
      b: [{ host: 's-1.one.example' }, { host: 's-x.one.example' }],
    },
    warnings: [
      'b: s-1.one.example prefix / goes before s-[0-9]+\\.one\\.example prefix /x of a, which matches this host too (names go before expressions; nothing to do if that is meant)',
    ],
  },
  {
    about: 'a host expression behind a wildcard',
    routes: { a: [{ host: '*.one.example' }], b: [{ host_regex: 's-[0-9]+\\.one\\.example' }] },
    warnings: [
      'b: s-[0-9]+\\.one\\.example prefix / comes after *.one.example prefix / of a, which matches such hosts too (wildcards go before expressions for hosts; write names where it has to go first)',
    ],
  },
  {
    about: 'under one host expression a prefix of higher priority hides an exact path below it',
    routes: {
      a: [{ host_regex: 's\\.one\\.example', path: '/a', priority: 1 }],
      b: [{ host_regex: 's\\.one\\.example', path_exact: '/a/b' }],
    },
    warnings: [
      'b: s\\.one\\.example exact /a/b is never reached: s\\.one\\.example prefix /a of a takes all its requests (give it a higher priority, or remove it)',
    ],
  },
  {
    about: 'a route that covers another one of the same app hides it too, and one that comes later hides nothing',
    routes: {
      a: [
        { host: 'www.one.example', path_regex: '/u/[0-9]+', priority: 2 },
        { host: 'www.one.example', path_regex: '/u/.*', priority: 1 },
        { host: 'www.one.example', path_regex: '/u/x+' },
        { host: 'www.one.example', path_exact: '/u/1' },
      ],
    },
    warnings: [
      'a: www.one.example regex /u/x+ is never reached: www.one.example regex /u/.* of a takes all its requests (give it a higher priority, or remove it)',
    ],
  },
  {
    about: 'hosts are apart: a name, a wildcard and an expression of one spelling hide nothing of each other',
    routes: {
      a: [{ host: '*.one.example', path_regex: '/u/.*' }],
      b: [{ host: '*.two.example', path_regex: '/u/[0-9]+' }],
      c: [{ host: 'one.example', path_regex: '/u/[0-9]+' }],
    },
    warnings: [],
  },
  {
    about: 'a wildcard over an expression at any of its dots',
    routes: {
      a: [{ host: '*.example', path: '/x' }],
      b: [{ host: '*.one.example', path: '/x' }],
      c: [{ host_regex: '[a-z]+\\.shop\\.one\\.example', path: '/x' }],
    },
    warnings: [
      'c: [a-z]+\\.shop\\.one\\.example prefix /x comes after *.one.example prefix /x of b, which matches such hosts too (wildcards go before expressions for hosts; write names where it has to go first)',
      'c: [a-z]+\\.shop\\.one\\.example prefix /x comes after *.example prefix /x of a, which matches such hosts too (wildcards go before expressions for hosts; write names where it has to go first)',
    ],
  },
  {
    about: 'a host expression whose end is alike is under no wildcard',
    routes: { a: [{ host: '*.one.example' }], b: [{ host_regex: '[0-9]xone\\.example' }] },
    warnings: [],
  },
  {
    about: 'two apps at one wildcard are two pairs, and each pair is named once',
    routes: {
      a: [{ host: '*.one.example', path: '/x' }],
      b: [{ host: '*.one.example', path: '/x/y' }],
      c: [
        { host: 'c.one.example', path: '/x' },
        { host: 'c.one.example', path: '/x/y' },
        { host: 'c.one.example', path: '/z' },
      ],
    },
    warnings: [
      'c: c.one.example prefix /x/y goes before *.one.example prefix /x/y of b, which matches this host too (names go before wildcards; nothing to do if that is meant)',
      'c: c.one.example prefix /x/y goes before *.one.example prefix /x of a, which matches this host too (names go before wildcards; nothing to do if that is meant)',
    ],
  },
  {
    about: 'an expression of the same app, or for other paths, takes no name away',
    routes: {
      a: [
        { host_regex: 's-[0-9]+\\.one\\.example', path: '/x' },
        { host: 's-1.one.example', path: '/x' },
      ],
      b: [{ host: 's-2.one.example', path: '/y' }],
      c: [{ host: '*.one.example', path: '/y/z' }],
    },
    warnings: [
      'b: s-2.one.example prefix /y goes before *.one.example prefix /y/z of c, which matches this host too (names go before wildcards; nothing to do if that is meant)',
    ],
  },
];

for (const { about, routes, warnings } of CASES) {
  test(about, () => {
    const apps = Object.entries(routes).map(([name, some]) => edgeApp(name, some));
    const found = findShadows(apps);
    assert.deepEqual(
      found.map(({ message, hint }) => `${message} (${hint})`),
      warnings,
    );
    for (const problem of found) {
      assert.equal(problem.app, problem.message.replace(/:.*/, ''));
      assert.match(formatProblem(problem), new RegExp(`^${problem.app}\\.yml:1:[1-9]\\d*: warning: ${problem.app}: `));
    }
  });
}
