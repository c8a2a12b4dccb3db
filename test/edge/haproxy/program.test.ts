/** Messages of HAProxy about the machine refuse nothing; those about the configuration refuse it. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { checkConfiguration, checkOutcomeFrom } from '../../../edge/haproxy/program.js';
import { temporaryFolder } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS, HAPROXY_VERSIONS, haproxyOfVersion } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21310\nedge:\n  routes: [{host: shop.one.example}]\n';
/** The kernel refuses to connect to this address with any routes. */
const UNREACHABLE = '{template: "{app}.{pod}.example", port: 443, nameservers: ["255.255.255.255:53"]}';

for (const version of HAPROXY_VERSIONS)
  test(`edge check passes where HAProxy has not run and no nameserver is reachable, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version, servers: UNREACHABLE });
    edge.writeApp('shop', SHOP);
    const check = await edge.check('--strict');
    assert.equal(check.exitCode, 0, check.stderr);
    assert.match(check.stdout, /^release [0-9a-f]{16}: 1 app$/m);
    assert.match(check.stderr, /this machine.*can't connect socket for nameserver 'dns1'/);
    assert.equal(/Can't open global server state file/.test(check.stderr), version === '2.6');
  });

/** The check above has the messages of each version; that they hold nothing up is the work of `edge run`. */
for (const version of HAPROXY_ENDS)
  test(`edge run serves before a nameserver is reachable, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version, servers: UNREACHABLE });
    edge.writeApp('shop', SHOP);
    await edge.run();
    await edge.settled();
    assert.equal((await edge.ask({ hosts: ['none.one.example'] })).status, 404);
    assert.equal(await edge.stop(), 0);
  });

for (const version of HAPROXY_ENDS)
  test(`a release is applied, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    edge.writeApp('shop', SHOP);
    await edge.run();
    await edge.settled();
    const apply = async (name: string, slot: number): Promise<void> => {
      edge.writeApp(name, SHOP.replaceAll('shop', name).replace('21310', String(slot)));
      const applied = await edge.cli('apply');
      assert.equal(applied.exitCode, 0, applied.stdout + applied.stderr);
    };

    await context.test('while the servers of an app are down', async () => {
      await eventually('its server is down', () => edge.log.includes("backend 'be_shop' has no server available"));
      await apply('one', 21_312);
      await apply('two', 21_314);
    });

    await context.test('over a file of states that HAProxy does not understand', async () => {
      for (const [index, content] of ['', 'what a crash left'].entries()) {
        writeFileSync(path.join(edge.folder, 'run/servers.state'), content);
        await apply(`more${index}`, 21_320 + 2 * index);
      }
      rmSync(path.join(edge.folder, 'run/servers.state'));
      assert.equal((await edge.check()).exitCode, 0);
    });
    assert.equal(await edge.stop(), 0);
  });

for (const version of HAPROXY_VERSIONS)
  test(`a warning that names what the messages of the machine name is a refusal all the same, HAProxy ${version}`, async (context) => {
    const file = path.join(temporaryFolder(context, 'check'), 'haproxy.cfg');
    // Without its time-outs there is a warning.
    writeFileSync(file, 'listen be_server-state-file\n  mode http\n  bind 127.0.0.1:1\n');
    const { isValid, output, machine } = await checkConfiguration(haproxyOfVersion(version), file);
    assert.equal(isValid, false);
    assert.match(output, /server-state-file/);
    assert.deepEqual(machine, []);
  });

test('a machine without nameservers is told from a configuration with a fault', () => {
  const prefix = '[WARNING]  (4210) : config : ';
  const without = `${prefix}resolvers 'private' [/x/haproxy.cfg:40] has no nameservers configured!`;
  const faulty = `${prefix}parsing [/x/haproxy.cfg:41]: parsing [/etc/resolv.conf:1] : address 'x' could not be recognized, nameserver will be excluded.`;
  assert.deepEqual(checkOutcomeFrom(0, `${faulty}\n${without}\nWarnings were found.\n`), {
    isValid: true,
    output: '',
    machine: [faulty.slice(prefix.length), without.slice(prefix.length)],
    hasNameservers: false,
  });
  const alert = '[ALERT]    (7) : config : parsing [/x/haproxy.cfg:41]: failed to open /etc/resolv.conf.';
  assert.deepEqual(checkOutcomeFrom(1, `${alert}\n`), {
    isValid: false,
    output: alert,
    machine: [],
    hasNameservers: true,
  });
});
