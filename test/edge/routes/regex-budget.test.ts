/** So many expressions and no more: who goes over the budget is left out and named, and takes nobody along. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_REGEXES, withinRegexBudget } from '../../../edge/routes/regex-budget.js';
import { edgeApp } from '../../support/edge-apps.js';

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
  assert.deepEqual(
    problems.map(({ severity, app, file, line, message }) => [severity, app, file, line, message]),
    [
      [
        'error',
        'y',
        'y.yml',
        1,
        `y: 15 routes have expressions, but apps before it by name use 198 of the ${MAX_REGEXES} for all apps`,
      ],
    ],
  );
});

test('one app has its own limit, whoever read its definition', () => {
  const [app] = [withRegexes('a', 20)];
  const greedy = { ...app, edge: { ...app.edge, routes: [...app.edge.routes, ...withRegexes('b', 1).edge.routes] } };
  const { apps, problems } = withinRegexBudget([greedy]);
  assert.deepEqual(apps, []);
  assert.match(problems[0]?.message ?? '', /^a: 21 routes have expressions, more than 20$/);
});
