/** The current release was edited, or lost a file or its link: it is named, and the last intact one takes its place. */
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { eventually } from '../../support/eventually.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21394\nedge:\n  routes: [{host: shop.one.example}]\n';
const WITH_NEW = SHOP.replace('shop.one.example}', 'shop.one.example}, {host: new.one.example}');

async function isServed(edge: EdgeDeployment, host = 'shop.one.example'): Promise<boolean> {
  return (await edge.ask({ hosts: [host] }).catch(() => null))?.status === 200;
}

test('a damaged current release is named, and the last intact one is the last good one', async (context) => {
  const edge = await EdgeDeployment.create(context, { version: '2.6' });
  edge.writeApp('shop', SHOP);
  await edge.startServers(context, SHOP);
  await edge.run();
  await eventually('shop is served', () => isServed(edge));
  await edge.settled();
  edge.writeApp('shop', WITH_NEW);
  await eventually('its new name is served', () => isServed(edge, 'new.one.example'));
  await edge.settled();

  await context.test('edited by hand: a faulty app serves on as the release before has it', async () => {
    const damaged = await edge.directory.current();
    appendFileSync(edge.directory.currentConfiguration, '# for the time being\n');
    edge.writeApp('shop', WITH_NEW.replace('protocol: http', 'protocol: hptt'));
    await eventually('it is named', async () => edge.log.includes('the current release is damaged'));
    assert.match(edge.log, new RegExp(`release ${damaged} is not what it was: a file in \\S+ was changed or lost`));
    await eventually('another one is current', async () => ![null, damaged].includes(await edge.directory.current()));
    await edge.settled();
    assert.equal(await isServed(edge), true);
    edge.writeApp('shop', SHOP.replace('shop.one.example}', 'shop.one.example}, {host: third.one.example}'));
    await eventually('a third one is served', () => isServed(edge, 'third.one.example'));
    await edge.settled();
    assert.equal(await edge.stop(), 0);
  });

  renameSync(path.join(edge.folder, 'registry'), path.join(edge.folder, 'away'));
  for (const [what, lost] of [
    ['the link is lost', 'current'],
    ['a file is lost', 'current/maps/prefix.map'],
  ] as const)
    await context.test(`${what}, and the registry is away: HAProxy starts over the last good one`, async () => {
      rmSync(path.join(edge.directory.root, lost));
      assert.match((await edge.cli('diff')).stderr, /warning: .* stands in for it/);
      edge.launch();
      await eventually('shop is served', () => isServed(edge));
      assert.match(edge.log, /HAProxy starts over the last good release/);
      assert.equal(await edge.stop(), 0);
    });
});
