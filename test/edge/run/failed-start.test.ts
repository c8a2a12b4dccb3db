/** HAProxy does not start: `edge run` says why, in HAProxy's own words, what to do, and not every second. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { atEnd } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';

interface Ended {
  readonly msg: string;
  readonly reason: string;
  readonly output: readonly string[];
  readonly hint: string;
}

function endings(log: string): readonly Ended[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Ended)
    .filter(({ msg }) => msg.startsWith('HAProxy ended'));
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** The words of HAProxy: 2.6 has others than 3.2. */
for (const version of HAPROXY_ENDS)
  test(`HAProxy that cannot raise its limit of descriptors is named with both figures, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    // The site says 200 clients.
    edge.launch([], ['sh', '-c', 'ulimit -n 1000; exec "$@"', 'sh']);
    await eventually('HAProxy ended three times', async () => countOf(edge.log, 'Cannot raise FD limit') >= 3);
    const [ended, ...more] = endings(edge.log);
    assert.equal(more.length, 0, 'the same is said once');
    assert.match(ended?.output.join('\n') ?? '', /^\[ALERT\] .*Cannot raise FD limit to 1\d{3}, limit is 1000/m);
    assert.match(
      ended?.hint ?? '',
      /wants 1\d{3} descriptors for process\.max_connections.* may have 1000.*LimitNOFILE=/,
    );
    assert.equal(await edge.stop(), 0);
  });

for (const version of HAPROXY_ENDS)
  test(`HAProxy that finds its port in use is named, and starts when the port is free, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    const other = createServer();
    other.listen(edge.ports.health, edge.address);
    await once(other, 'listening');
    atEnd(context, () => void other.close());
    edge.launch();
    await eventually('HAProxy ended', async () => endings(edge.log).length > 0);
    const [ended] = endings(edge.log);
    assert.match(ended?.output.join('\n') ?? '', /annot bind socket \(Address already in use\)/);
    assert.match(ended?.hint ?? '', /another process has that address/);
    other.close();
    await eventually('the probe passes', () => edge.isHealthy());
    assert.equal(await edge.stop(), 0);
  });

test('apps that no HAProxy has served yet go at once: nothing is doubted', async (context) => {
  const edge = await EdgeDeployment.create(context, { version: '2.6' });
  const other = createServer();
  other.listen(edge.ports.health, edge.address);
  await once(other, 'listening');
  atEnd(context, () => void other.close());
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const [index, name] of names.entries())
    edge.writeApp(
      name,
      `name: ${name}\npods: [alpha]\nprotocol: http\nslot: ${21_400 + 2 * index}\nedge: {routes: [{host: ${name}.one.example}]}\n`,
    );
  edge.launch();
  await eventually('HAProxy ended', async () => endings(edge.log).length > 0);
  assert.match(edge.current(), /^backend be_e$/m);
  for (const name of names.slice(1)) edge.removeApp(name);
  await eventually('one app is left', async () => !edge.current().includes('backend be_e\n'));
  assert.doesNotMatch(edge.log, /vanished/);
  assert.equal(await edge.stop(), 0);
});
