/** What people are told of what a registrar found, each at its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../src/model/problem.js';
import { remarksFrom } from '../../src/registrar/remarks.js';
import { containerOf, wantedOn } from './containers.js';

test('failures first, then what containers ask for, ids of ours that others have, and what others left behind', () => {
  const { services } = wantedOn('n1', [containerOf(2, { env: { SERVICE_NAME: 'shop' } })]);
  const remarks = remarksFrom({
    refusals: [{ container: 'container web-3 (000000000003)', message: 'no port', hint: 'add one' }],
    taken: services,
    ghosts: [
      {
        id: 'host:web-1:80',
        name: 'shop',
        address: '172.17.0.9',
        port: 80,
        tags: [],
        meta: {},
        weights: { passing: 1, warning: 1 },
      },
    ],
    failures: ['a right is missing'],
  });
  assert.deepEqual(remarks.map(formatProblem), [
    'consul: warning: a right is missing',
    'container web-3 (000000000003): warning: no port (add one)',
    'consul: service autoproxy-n1-000000000002-8080: warning: its id is ours, and this node did not register it; it is ' +
      'left alone (deregister it)',
    'consul: service host:web-1:80: warning: somebody else registered it as shop for a container that is gone ' +
      '(172.17.0.9) (deregister it, or let its writer do so)',
  ]);
  assert.deepEqual(
    remarks.map(({ app, line, col }) => [app, line, col]),
    remarks.map(() => [null, null, null]),
  );
});

test('nothing found is nothing said', () => {
  assert.deepEqual(remarksFrom({ refusals: [], taken: [], ghosts: [], failures: [] }), []);
});
