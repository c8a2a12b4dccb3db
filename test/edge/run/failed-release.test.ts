/** HAProxy does not start over the current release: the last one that it ran takes its place. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import type { TestedVersion } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';
import { descendantsOf } from '../../support/machine/processes.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21392\nedge:\n  routes: [{host: shop.one.example}]\n';
const WITH_NEW = SHOP.replace('shop.one.example}', 'shop.one.example}, {host: new.one.example}');

async function isServed(edge: EdgeDeployment, host: string): Promise<boolean> {
  return (await edge.ask({ hosts: [host] }).catch(() => null))?.status === 200;
}

/** One that serves its second release; the first one has no new.one.example. */
async function servingEdge(context: TestContext, version: TestedVersion): Promise<EdgeDeployment> {
  const edge = await EdgeDeployment.create(context, { version });
  edge.writeApp('shop', SHOP);
  await edge.startServers(context, SHOP);
  await edge.run();
  await eventually('shop is served', () => isServed(edge, 'shop.one.example'));
  await edge.settled();
  edge.writeApp('shop', WITH_NEW);
  await eventually('its new name is served', () => isServed(edge, 'new.one.example'));
  await edge.settled();
  return edge;
}

/** One is enough: HAProxy of any version ends over a port that is taken (run/failed-start), and what takes its place is the choice of `edge run`. */
const VERSION = '3.2';

test('killed between the switch and the reload to a release that does not start', async (context) => {
  const edge = await servingEdge(context, VERSION);
  const good = await edge.directory.current();
  const site = path.join(edge.folder, 'edge.yml');
  const written = readFileSync(site, 'utf8');
  const taken = createServer().listen(0, edge.address);
  await once(taken, 'listening');
  atEnd(context, () => void taken.close());
  const { port } = taken.address() as { readonly port: number };
  const { masterPid, workerPid } = (await edge.state()) ?? { masterPid: 0, workerPid: null };
  assert.ok(masterPid > 1 && workerPid !== null && workerPid > 1);
  // It is asked for the states of its servers between the two.
  process.kill(workerPid, 'SIGSTOP');
  // Not by writeSite: its new certificates would be a release of their own, which starts.
  writeFileSync(`${site}.new`, written.replace(`https_port: ${edge.ports.https}`, `https_port: ${port}`));
  renameSync(`${site}.new`, site);
  await eventually('it is switched', async () => (await edge.directory.current()) !== good);
  await edge.stop('SIGKILL');
  for (const pid of [...descendantsOf(masterPid), masterPid]) process.kill(pid, 'SIGKILL');
  await eventually('nothing serves', async () => !(await isServed(edge, 'shop.one.example')));

  edge.launch();
  await eventually('what was last good is served', () => isServed(edge, 'new.one.example'));
  // The loop may ask for a reload while HAProxy begins: then it is the loop that finds out, at whichever question, and goes back.
  assert.match(edge.log, new RegExp(`"lastGood":"${good}"|rolled-back: .*HAProxy ended`));
  taken.close();
  writeFileSync(site, written);
  await eventually('it is current', async () => (await edge.directory.current()) === good);
  await edge.settled();
  assert.equal(await isServed(edge, 'shop.one.example'), true);
  assert.equal(await edge.stop(), 0);
});
