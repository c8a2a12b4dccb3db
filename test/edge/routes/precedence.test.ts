/** The precedence of routes, one case a rule: what users read in the documentation, and rely on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findApp } from '../../../edge/routes/find-app.js';
import { routeTables } from '../../../edge/routes/route-tables.js';
import { edgeApp, type WrittenRoute } from '../../support/edge/edge-apps.js';
import { createLookup } from './map-lookups.js';

interface Case {
  readonly rule: string;
  readonly routes: Readonly<Record<string, WrittenRoute>>;
  readonly requests: Readonly<Record<string, string | null>>;
}

const CASES: readonly Case[] = [
  {
    rule: 'a name goes before a wildcard, a wildcard before an expression, whatever their paths and priorities',
    routes: {
      name: { host: 'www.one.example', path: '/' },
      wildcard: { host: '*.one.example', path_exact: '/a' },
      expression: { host_regex: '[a-z]+\\.one\\.example', path_exact: '/a', priority: 1000 },
    },
    requests: { 'www.one.example/a': 'name', 'api.one.example/a': 'wildcard' },
  },
  {
    rule: 'a route counts only when host and path match; else the search goes on',
    routes: {
      name: { host: 'www.one.example', path: '/a' },
      wildcard: { host: '*.one.example', path: '/b' },
      expression: { host_regex: 'www\\.one\\.example', path: '/c' },
    },
    requests: {
      'www.one.example/a': 'name',
      'www.one.example/b': 'wildcard',
      'www.one.example/c': 'expression',
      'www.one.example/d': null,
    },
  },
  {
    rule: 'within a name: exact path, path expression, prefix, whatever their priorities',
    routes: {
      exact: { host: 'one.example', path_exact: '/a/b' },
      expression: { host: 'one.example', path_regex: '/a/.*', priority: 9 },
      prefix: { host: 'one.example', path: '/a/b/c/d', priority: 99 },
    },
    requests: { 'one.example/a/b': 'exact', 'one.example/a/b/c/d/e': 'expression', 'one.example/a': null },
  },
  {
    rule: 'within a wildcard: the same',
    routes: {
      exact: { host: '*.one.example', path_exact: '/a/b' },
      expression: { host: '*.one.example', path_regex: '/a/.*' },
      prefix: { host: '*.one.example', path: '/a' },
    },
    requests: { 'x.one.example/a/b': 'exact', 'x.one.example/a/c': 'expression', 'x.one.example/a': 'prefix' },
  },
  {
    rule: 'path expressions by priority, the same priority by name of the app',
    routes: {
      b: { host: 'one.example', path_regex: '/u/.*' },
      c: { host: 'one.example', path_regex: '/u/[0-9]+', priority: 1 },
      a: { host: 'one.example', path_regex: '/u/[a-z]+' },
    },
    requests: { 'one.example/u/1': 'c', 'one.example/u/x': 'a', 'one.example/u/X': 'b' },
  },
  {
    rule: 'the longest prefix, on whole segments',
    routes: {
      root: { host: 'one.example' },
      v1: { host: 'one.example', path: '/v1/' },
      users: { host: 'one.example', path: '/v1/users' },
    },
    requests: {
      'one.example/': 'root',
      'one.example/v11': 'root',
      'one.example/v1': 'v1',
      'one.example/v1/': 'v1',
      'one.example/v1/usersx': 'v1',
      'one.example/v1/users/7': 'users',
    },
  },
  {
    rule: 'an exact path is exact to its last slash',
    routes: { exact: { host: 'one.example', path_exact: '/a' } },
    requests: { 'one.example/a': 'exact', 'one.example/a/': null, 'one.example/A': null },
  },
  {
    rule: 'a wildcard is one more label, exactly one',
    routes: { wildcard: { host: '*.one.example' } },
    requests: { 'a.one.example/': 'wildcard', 'one.example/': null, 'b.a.one.example/': null },
  },
  {
    rule: 'among host expressions the priority goes first, whatever the path',
    routes: {
      low: { host_regex: '[a-z]+\\.one\\.example', path_exact: '/a' },
      high: { host_regex: '.*\\.one\\.example', path: '/', priority: 1 },
    },
    requests: { 'x.one.example/a': 'high' },
  },
  {
    rule: 'host expressions of one priority: exact path, path expression, longest prefix',
    routes: {
      a: { host_regex: '.*\\.one\\.example', path: '/' },
      b: { host_regex: '[a-z]+\\.one\\.example', path: '/a' },
      c: { host_regex: '[a-z-]+\\.one\\.example', path_regex: '/a/[0-9]+' },
      d: { host_regex: '[a-z]{1,9}\\.one\\.example', path_exact: '/a/1' },
    },
    requests: {
      'x.one.example/a/1': 'd',
      'x.one.example/a/2': 'c',
      'x.one.example/a/x': 'b',
      'x.one.example/b': 'a',
    },
  },
  {
    rule: 'what is special to expressions is plain in names and paths',
    routes: {
      dots: { host: 'a.b.example', path_exact: '/x' },
      plain: { host_regex: 'a\\.one\\.example', path_exact: '/a.(b)+$' },
    },
    requests: {
      'a.b.example/x': 'dots',
      'aXb.example/x': null,
      'a.one.example/a.(b)+$': 'plain',
      'a.one.example/ax(b)+$': null,
    },
  },
];

for (const { rule, routes, requests } of CASES) {
  test(rule, () => {
    const apps = Object.entries(routes).map(([name, route]) => edgeApp(name, [route]));
    for (const [order, some] of Object.entries({ written: apps, backwards: apps.toReversed() })) {
      const lookup = createLookup(routeTables(some));
      for (const [request, expected] of Object.entries(requests)) {
        const slash = request.indexOf('/');
        const [host, path] = [request.slice(0, slash), request.slice(slash)];
        assert.equal(findApp(some, host, path)?.app ?? null, expected, `${request}, ${order}`);
        assert.equal(lookup(host, path), expected, `${request} by the maps, ${order}`);
      }
    }
  });
}
