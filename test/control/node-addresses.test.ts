import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.js';
import { nodeAddressesFrom } from '../../src/control/node-addresses.js';
import { silentLog } from '../../src/core/log.js';
import { BackupsFile } from '../../src/neighbors/backups-file.js';
import { DnsNeighbors } from '../../src/neighbors/dns.js';
import { ListedNeighbors } from '../../src/neighbors/list.js';
import type { NeighborSource } from '../../src/neighbors/neighbor-source.js';
import { atEnd } from '../support/at-end.js';
import { createServicesDirectory, testClock } from '../support/node/services-directory.js';
import { configOf } from './configs.js';

function sourcesFor(config: Partial<Config>, consul: NeighborSource | null = null) {
  return nodeAddressesFrom(configOf(config), consul, { clock: testClock, random: () => 0.5, log: silentLog });
}

test('what was said on purpose goes before the name in DNS, that before Consul, and Consul before the file', () => {
  const neighbors = ['10.0.0.2'];
  const backups = 'pod.example';
  const consul = new ListedNeighbors(['10.0.0.3']);
  const kindsOf = (config: Partial<Config>) => sourcesFor(config).map((source) => source.constructor);
  assert.deepEqual(kindsOf({ neighbors, backups }), [ListedNeighbors]);
  assert.deepEqual(kindsOf({ backups }), [DnsNeighbors]);
  assert.deepEqual(kindsOf({}), [BackupsFile]);
  assert.deepEqual(sourcesFor({}, consul), [consul]);
  assert.ok(!sourcesFor({ backups }, consul).includes(consul));
});

test('the file is backups.txt beside the services', async (context) => {
  const servicesDir = await createServicesDirectory(context);
  await mkdir(servicesDir);
  await writeFile(path.join(servicesDir, 'backups.txt'), '10.0.0.2\n10.0.0.3\n');
  const [source] = sourcesFor({ servicesDir });
  assert.ok(source !== undefined);
  atEnd(context, () => source.stop());
  assert.deepEqual(await new Promise((resolve) => source.start(resolve)), ['10.0.0.2', '10.0.0.3']);
});
