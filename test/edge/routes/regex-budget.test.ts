/** So many expressions and no more: who goes over the budget is left out and named, and takes nobody along. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_REGEXES, withinRegexBudget } from '../../../edge/routes/regex-budget.js';
import { edgeApp } from '../../support/edge/edge-apps.js';

function withRegexes(name: string, count: number) {
  return edgeApp(
    name,
    Array.from({ length: count }, (_, index) => ({ host: `${name}.example`, path_regex: `/u/${index}/[0-9]+` })),
  );
}

test('the budget goes by name; who asks for more than is left is named, and plain routes always fit', () => {
  const many = Array.from({ length: 9 }, (_, index) => withRegexes(`m${index}`, 20));
  const apps = [edgeApp('zz-plain', [{ host: 'z.example' }]), withRegexes('y', 15), withRegexes('x', 18), ...many];
  const { apps: fitting, problems } = withinRegexBudget([...apps, withRegexes('z', 2)]);
  assert.deepEqual(
    fitting.map(({ name }) => name),
    [...many.map(({ name }) => name), 'x', 'z', 'zz-plain'],
  );
  assert.deepEqual(problems, [
    {
      severity: 'error',
      app: 'y',
      file: 'y.yml',
      line: 1,
      col: 1,
      message: `y: 15 routes have expressions, but apps before it by name use 198 of the ${MAX_REGEXES} for all apps`,
      hint: 'every request tries them all; write names and prefixes where those suffice',
    },
  ]);
});

test('one app has its own limit, with each reader of its definition', () => {
  const [app] = [withRegexes('a', 20)];
  const greedy = { ...app, edge: { ...app.edge, routes: [...app.edge.routes, ...withRegexes('b', 1).edge.routes] } };
  const { apps, problems } = withinRegexBudget([greedy]);
  assert.deepEqual(apps, []);
  assert.match(problems[0]?.message ?? '', /^a: 21 routes have expressions, more than 20$/);
});

test('an expression for the host and one for the path count alike, and both in one route once', () => {
  const of = (name: string, count: number, more: object) =>
    edgeApp(
      name,
      Array.from({ length: count }, (_, index) => ({ path: `/${index}`, ...more })),
    );
  const full = Array.from({ length: 9 }, (_, index) => withRegexes(`a${index}`, 20));
  const hosts = { host_regex: 'x[0-9]+\\.one\\.example' };
  const names = (...some: readonly ReturnType<typeof edgeApp>[]): readonly string[] =>
    withinRegexBudget([...full, ...some])
      .apps.slice(9)
      .map(({ name }) => name);
  assert.deepEqual(names(of('hosts', 20, hosts)), ['hosts']);
  assert.deepEqual(names(of('hosts', 19, hosts), of('more', 2, hosts)), ['hosts']);
  const both = edgeApp('both', [{ ...hosts, path_regex: '/u/[0-9]+' }]);
  assert.deepEqual(names(of('hosts', 19, hosts), { ...both, name: 'z' }), ['hosts', 'z']);
});
