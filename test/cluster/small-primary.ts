/** A primary to be killed: serves one slot, says so on its standard output, and waits. */
import { Cluster } from '../../src/cluster/cluster.js';
import { systemClock } from '../../src/core/clock.js';
import { silentLog } from '../../src/core/log.js';
import { slotOf, snapshotOf } from './cluster-parts.js';

const [host = '', port = '', instancePort = ''] = process.argv.slice(2);
const cluster = new Cluster({
  workers: 1,
  settings: { logLevel: 'silent', accessLog: null },
  clock: systemClock,
  random: Math.random,
  log: silentLog,
  onPassiveFailure: () => {},
});
cluster.start();
cluster.publish(snapshotOf(host, 1, [slotOf(host, Number(port), { instancePort: Number(instancePort) })]));
await cluster.whenApplied(1);
process.stdout.write(`${cluster.workers()[0]?.pid}\n`);
