/** An app that waits for its instances, or leaves: no request comes to it, its servers are checked, its routes stay its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planChange } from '../../edge/apply/plan.js';
import type { Release } from '../../edge/release/release.js';
import { definitionsOf, edgeFolder, renderOf, siteOf, siteText } from '../support/edge/edge-release.js';

const NODES = '{nodes: {alpha: [192.0.2.1], beta: [192.0.2.2]}}';
const BALANCERS = '{template: "{app}.{pod}.svc.example"}';

function shop(words: string): string {
  return `name: shop
pods: [alpha, beta]
protocol: http
slot: 21034
health: {path: /up}
edge:
  routes: [{host: www.one.example}]
${words}`;
}

for (const servers of [NODES, BALANCERS])
  test(`an app opens and closes by its map alone, servers ${servers}`, async (context) => {
    const folder = edgeFolder(context);
    const site = siteOf(siteText(folder, `servers: ${servers}`), folder);
    const releaseOf = async (words: string): Promise<Release> =>
      (await renderOf(site, definitionsOf(shop(words)))).release;
    const open = await releaseOf('');
    const wholly = [await releaseOf('  hold: [alpha, beta]\n'), await releaseOf('  closed: true\n')];
    for (const shut of wholly) {
      assert.equal(shut.files.get('maps/prefix.map'), '');
      for (const [from, to] of [
        [shut, open],
        [open, shut],
      ] as const) {
        const plan = planChange(from, to);
        assert.deepEqual(plan.kind === 'hot' ? plan.steps.map((step) => step.file) : plan, ['maps/prefix.map']);
      }
    }
    const partly = await releaseOf('  hold: [beta]\n');
    assert.equal(partly.files.get('maps/prefix.map'), open.files.get('maps/prefix.map'));
    const serversOf = ({ files }: Release): readonly string[] =>
      [...(files.get('haproxy.cfg') ?? '').matchAll(/^ *server(?:-template)? (alpha|beta)-/gm)].map(
        ([, pod = '']) => pod,
      );
    assert.deepEqual([serversOf(partly), serversOf(open)], [['alpha'], ['alpha', 'beta']]);
  });

test('the routes of an app that is closed go to no other app', async (context) => {
  const folder = edgeFolder(context);
  const site = siteOf(siteText(folder, `servers: ${NODES}`), folder);
  const other = shop('').replace('shop', 'other').replace('21034', '21036');
  const { refused } = await renderOf(site, definitionsOf(`${shop('  closed: true\n')}---\n${other}`));
  assert.deepEqual(refused, ['other', 'shop']);
});
