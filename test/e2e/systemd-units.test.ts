/** The units of examples/systemd under real systemd, with all that they forbid, installed as their README says. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freePort, ownAddress } from '../support/addresses.js';
import { freeEdgePorts, listenText } from '../support/edge/edge-process.js';
import { makeCertificate } from '../support/edge/test-certificates.js';
import { eventually } from '../support/eventually.js';
import { SystemdMachine, whyNoSystemd } from '../support/machine/systemd-machine.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, SteadyTraffic } from '../support/traffic/steady-traffic.js';

const skip = whyNoSystemd();
const LOW_SLOT = 80;
const UNIT = 'autoproxy.service';
const ROTATIONS = 4;

async function installNode(context: TestContext, machine: SystemdMachine, more = '', lameDuck = '1s') {
  const instance = await HttpInstance.start(context);
  const host = ownAddress();
  await machine.run('systemd-sysusers', '/opt/autoproxy/examples/systemd/sysusers.conf');
  await machine.write('/etc/autoproxy.d/services/shop.yml', appText('shop', LOW_SLOT, [instance.id]));
  const options = { BIND: host, ADMIN: `${host}:${await freePort(host)}`, WORKERS: '2', LAME_DUCK: lameDuck };
  const lines = Object.entries(options).map(([name, value]) => `AUTOPROXY_${name}=${value}\n`);
  await machine.write('/etc/default/autoproxy', lines.join(''));
  await machine.install('examples/systemd/autoproxy.service', more);
  return { host };
}

/** What systemd has started in place of the main process `before`, as soon as it is ready. */
async function untilRestarted(machine: SystemdMachine, unit: string, before: string): Promise<void> {
  await eventually(`${unit} was started again`, async () => {
    const [pid, state] = [await machine.property(unit, 'MainPID'), await machine.property(unit, 'ActiveState')];
    return state === 'active' && pid !== before && pid !== '0';
  });
}

test('a node: started when it serves, killed and frozen without a lost request, reloaded, stopped', {
  skip,
}, async (context) => {
  const machine = await SystemdMachine.start(context);
  const { host } = await installNode(context, machine, 'WatchdogSec=3s\n');
  await machine.systemctl('start', UNIT);
  // No wait: what systemd takes for started serves.
  assert.equal((await ask(host, LOW_SLOT)).status, 200);
  await eventually(
    'the status is told',
    async () => (await machine.property(UNIT, 'StatusText')) === 'apps: 1, usable instances: 1 of 1',
  );
  assert.equal(
    (await machine.run('ps', '-o', 'user=', '-p', await machine.property(UNIT, 'MainPID'))).trim(),
    'autoproxy',
  );

  const kept = new SteadyTraffic(context, host, LOW_SLOT, { pauseMs: 5 });
  for (const signal of ['KILL', 'STOP']) {
    const pid = await machine.property(UNIT, 'MainPID');
    await machine.run('kill', `-${signal}`, pid);
    await untilRestarted(machine, UNIT, pid);
    await kept.more(50);
  }
  assert.equal(await machine.property(UNIT, 'NRestarts'), '2');
  await machine.systemctl('reload', UNIT);
  await eventually('the sources are read again', async () =>
    (await machine.log('autoproxy')).includes('reading all sources again'),
  );
  await machine.systemctl('stop', '--no-block', UNIT);
  await eventually('the stop has begun', async () => (await machine.log('autoproxy')).includes('"msg":"stopping"'));
  await kept.stop();
  assert.deepEqual(kept.failures, []);
  await eventually('it has stopped', async () => (await machine.property(UNIT, 'ActiveState')) === 'inactive');
  assert.equal(await machine.property(UNIT, 'Result'), 'success');
});

test('a start that has nothing to serve lasts, says why, and is not taken for a failure', { skip }, async (context) => {
  const machine = await SystemdMachine.start(context);
  await installNode(context, machine, 'WatchdogSec=2s\nTimeoutStartSec=4s\n');
  await machine.run('rm', '-r', '/etc/autoproxy.d');
  await machine.systemctl('start', '--no-block', UNIT);
  await eventually('it says why', async () =>
    (await machine.property(UNIT, 'StatusText')).startsWith(
      'not ready: there is nothing to serve: directory was never read',
    ),
  );
  const before = await machine.property(UNIT, 'ExecMainStartTimestampMonotonic');
  const since = performance.now();
  await eventually('the time for a start is over', () => performance.now() - since > 6_000);
  assert.deepEqual(
    [await machine.property(UNIT, 'ActiveState'), await machine.property(UNIT, 'NRestarts')],
    ['activating', '0'],
  );
  assert.equal(await machine.property(UNIT, 'ExecMainStartTimestampMonotonic'), before);
});

test('the access log reaches journald from within the unit, and its loggers end with it', { skip }, async (context) => {
  const machine = await SystemdMachine.start(context);
  await machine.write('/etc/systemd/journald.conf', '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\n');
  await machine.write(
    '/etc/autoproxy-units/journal.service',
    '[Unit]\nDefaultDependencies=no\n[Service]\nType=notify\nExecStart=/lib/systemd/systemd-journald\n',
  );
  const { host } = await installNode(context, machine);
  await machine.run('sh', '-c', 'echo AUTOPROXY_ACCESS_LOG=syslog:unix:/dev/log,local2 >> /etc/default/autoproxy');
  await machine.systemctl('daemon-reload');
  await machine.systemctl('start', 'journal.service', UNIT);
  assert.equal((await ask(host, LOW_SLOT)).status, 200);
  let records: string[] = [];
  await eventually('it is there', async () => {
    const said = await machine.run('journalctl', '--quiet', '--output=json', '--identifier=autoproxy');
    records = said.split('\n').filter((line) => line !== '');
    return records.length > 0;
  });
  const { MESSAGE, SYSLOG_FACILITY, PRIORITY, SYSLOG_PID } = JSON.parse(records[0] ?? '') as Record<string, string>;
  assert.match(MESSAGE ?? '', /^127\.\S+ \[\S+Z\] slot:80 shop\/\S+ .* 200 .* "GET \/ HTTP\/1\.1"$/);
  const workers = (await machine.run('pgrep', '--full', 'dist/src/worker.js')).trim().split('\n');
  assert.deepEqual([SYSLOG_FACILITY, PRIORITY, workers.includes(SYSLOG_PID ?? '')], ['18', '6', true]);
  assert.equal((await machine.run('pgrep', '--exact', 'logger')).trim().split('\n').length, 2);
  await machine.systemctl('stop', UNIT);
  assert.equal(await machine.run('sh', '-c', 'pgrep --exact logger || true'), '');
});

test('a primary that is killed while it stops: its workers serve on, and the next start takes them over', {
  skip,
}, async (context) => {
  const machine = await SystemdMachine.start(context);
  // Less than the stop takes: the node asks for more.
  const { host } = await installNode(context, machine, 'TimeoutStopSec=1s\n', '30s');
  await machine.systemctl('start', UNIT);
  const traffic = new SteadyTraffic(context, host, LOW_SLOT);
  const pid = await machine.property(UNIT, 'MainPID');
  await machine.systemctl('stop', '--no-block', UNIT);
  const since = performance.now();
  await eventually('the first time for the stop is over', () => performance.now() - since > 2_000);
  assert.equal(await machine.property(UNIT, 'ActiveState'), 'deactivating');
  await machine.run('kill', '-KILL', pid);
  await eventually(
    'the unit has stopped',
    async () => (await machine.property(UNIT, 'ActiveState')) !== 'deactivating',
  );
  assert.match(await machine.run('pgrep', '-f', 'worker.js'), /^\d+\n\d+\n$/);
  await machine.systemctl('start', UNIT);
  await traffic.more(50);
  await traffic.stop();
  assert.deepEqual(traffic.failures, []);
});

test('logrotate takes the access log away under traffic, and no line is lost, cut or written twice', {
  skip,
}, async (context) => {
  const machine = await SystemdMachine.start(context);
  const log = '/var/log/autoproxy/access.log';
  const { host } = await installNode(
    context,
    machine,
    `Environment=AUTOPROXY_ACCESS_LOG=${log}\nEnvironment=AUTOPROXY_ACCESS_LOG_FORMAT=json\n`,
  );
  await machine.run('cp', '/opt/autoproxy/examples/logrotate/autoproxy', '/etc/logrotate.d/autoproxy');
  await machine.systemctl('start', UNIT);
  const traffic = new SteadyTraffic(context, host, LOW_SLOT, { pauseMs: 1 });
  for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
    await traffic.more(200);
    await machine.run('logrotate', '--force', '/etc/logrotate.d/autoproxy');
  }
  await traffic.more(200);
  await traffic.stop();
  assert.deepEqual(traffic.failures, []);
  await machine.systemctl('stop', UNIT);
  assert.equal((await machine.run('sh', '-c', `ls ${log}* | wc -l`)).trim(), String(ROTATIONS + 1));
  const lines = (await machine.run('sh', '-c', `zcat -f ${log}*`)).trim().split('\n');
  for (const line of lines) JSON.parse(line);
  assert.equal(lines.length, traffic.served);
  assert.equal((await machine.run('stat', '-c', '%U %a', log)).trim(), 'autoproxy 640');
});

test('an edge: HAProxy on low ports, and it outlives an edge run that was killed', { skip }, async (context) => {
  const machine = await SystemdMachine.start(context);
  const unit = 'autoproxy-edge.service';
  const address = ownAddress();
  const ports = { ...(await freeEdgePorts(address)), http: 80, https: 443 };
  const { certificate, key } = makeCertificate({ names: ['one.example', '*.one.example'] });
  await machine.write('/etc/autoproxy/one.pem', certificate + key);
  const site = `domains: [{name: one.example, certificate: one.pem}]
trusted_balancers: [127.0.0.0/8]
servers: {nodes: {alpha: [${address}]}, send_proxy: none}
process: {max_connections: 200, threads: 1}
${listenText(address, ports)}
`;
  await machine.write('/etc/autoproxy/edge.yml', site);
  await machine.run('mkdir', '-p', '/etc/autoproxy/apps');
  await machine.write('/etc/default/autoproxy-edge', 'FLAGS=--registry /etc/autoproxy/apps --lame-duck 1s\n');
  await machine.install('examples/systemd/autoproxy-edge.service');
  await machine.systemctl('start', unit);
  const healthy = async () => (await fetch(`http://${address}:${ports.health}/healthz`)).status;
  assert.equal(await healthy(), 200);
  const haproxys = () => machine.run('pgrep', '-x', '-u', 'haproxy', 'haproxy');
  const before = await haproxys();
  const pid = await machine.property(unit, 'MainPID');
  await machine.run('kill', '-KILL', pid);
  await untilRestarted(machine, unit, pid);
  assert.equal(await haproxys(), before);
  assert.match(await machine.log('autoproxy-edge'), /"adopted":true/);
  await machine.systemctl('stop', unit);
  assert.equal(await machine.property(unit, 'Result'), 'success');
  await assert.rejects(haproxys());
});
