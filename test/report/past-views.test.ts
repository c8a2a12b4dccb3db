import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AppView } from '../../src/admin/page/page-document.js';
import { PastViews } from '../../src/report/past-views.js';

function view(name: string, slot: number): AppView {
  return {
    ...{ name, slot, protocol: 'http', bindError: null, source: 'directory', location: 'apps.yml' },
    ...{ traffic: 'nobody', trafficWhy: null, instances: [] },
  };
}

test('each moment looks as it looked then, also after later changes', () => {
  const change = fc.record({ app: fc.constantFrom('a', 'b', 'c'), slot: fc.option(fc.nat(9), { nil: null }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const past = new PastViews(0);
      const now = new Map<string, AppView>();
      const moments: (readonly AppView[])[] = [[]];
      for (const [index, { app, slot }] of changes.entries()) {
        past.note(index + 1, app, now.get(app) ?? null);
        if (slot === null) now.delete(app);
        else now.set(app, view(app, slot));
        moments.push([...now.values()]);
      }
      const byName = (views: readonly AppView[] | null) => new Map(views?.map((one) => [one.name, one]));
      for (const [at, then] of moments.entries()) {
        assert.deepEqual(byName(past.at(at, [...now.values()])), byName(then));
        assert.deepEqual(byName(past.at(at + 0.5, [...now.values()])), byName(then));
      }
    }),
  );
});

test('what is too much is forgotten, the oldest first, and said to be', () => {
  const past = new PastViews(0, { maxWeight: 10 });
  for (let at = 1; at <= 15; at += 1) past.note(at, 'a', view('a', at - 1));
  assert.equal(past.begin, 5);
  assert.equal(past.at(4, [view('a', 15)]), null);
  assert.deepEqual(past.at(5, [view('a', 15)]), [view('a', 5)]);
});
