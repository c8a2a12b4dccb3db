/** What `apply` may remove: nothing while a document of the registry is in error, since it may be that of any app. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { CommandContext } from '../../../src/cli/command-context.js';
import { placementOf } from '../../../src/cli/placement/planned.js';
import { temporaryFolder } from '../../support/at-end.js';

const SHOP = 'name: shop\npods: [alpha]\nimage: shop:1\nprotocol: http\nnative_port: 8080\nhealth: {path: /up}\n';

test('services of apps that are gone are removed, but not beside a document in error', async (context) => {
  const registry = temporaryFolder(context, 'apps');
  const placed = () => placementOf([], { registry }, { env: {} } as CommandContext);
  writeFileSync(path.join(registry, 'shop.yml'), SHOP);
  assert.equal((await placed()).isLookedAt('gone'), true);
  for (const text of ['name: [', 'name: bank\npods: alpha\n']) {
    writeFileSync(path.join(registry, 'bank.yml'), text);
    const { services, warnings, isLookedAt } = await placed();
    assert.deepEqual([isLookedAt('bank'), isLookedAt('gone')], [false, false], text);
    assert.deepEqual(
      services.map(({ name }) => name),
      ['shop-alpha'],
    );
    assert.match(warnings.join(), /bank\.yml/);
  }
});
