/** Warnings about routes that others go before: the ones that help, at the line that is meant, and no others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findShadows } from '../../../edge/routes/shadows.js';
import { formatProblem } from '../../../src/model/problem.js';
import { edgeApp, type WrittenRoute } from '../../support/edge-apps.js';

interface Case {
  readonly about: string;
  readonly routes: Readonly<Record<string, readonly WrittenRoute[]>>;
  readonly warnings: readonly RegExp[];
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
    warnings: [/^b\.yml:\d+:\d+: warning: b: www.one.example regex \/u\/\[0-9\]\+ is never reached: .* of a takes/],
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
    warnings: [/b: .* is never reached: www.one.example exact \/a\.b of a/],
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
    warnings: [/b: www.one.example prefix \/api\/v1 is never reached/],
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
    warnings: [/^b\.yml.*b: b.one.example prefix \/x goes before \*\.one.example prefix \/x of a, which matches/],
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
    warnings: [/b: s-1.one.example prefix \/ goes before s-\[0-9\]\+\\.one\\.example prefix \/x of a/],
  },
  {
    about: 'a host expression behind a wildcard',
    routes: { a: [{ host: '*.one.example' }], b: [{ host_regex: 's-[0-9]+\\.one\\.example' }] },
    warnings: [/b: s-\[0-9\]\+\\.one\\.example prefix \/ comes after \*\.one.example prefix \/ of a/],
  },
  {
    about: 'under one host expression a prefix of higher priority hides an exact path below it',
    routes: {
      a: [{ host_regex: 's\\.one\\.example', path: '/a', priority: 1 }],
      b: [{ host_regex: 's\\.one\\.example', path_exact: '/a/b' }],
    },
    warnings: [/b: s\\.one\\.example exact \/a\/b is never reached/],
  },
];

for (const { about, routes, warnings } of CASES) {
  test(about, () => {
    const apps = Object.entries(routes).map(([name, some]) => edgeApp(name, some));
    const found = findShadows(apps).map(formatProblem);
    assert.equal(found.length, warnings.length, found.join('\n'));
    for (const [index, warning] of warnings.entries()) assert.match(found[index] ?? '', warning);
  });
}
