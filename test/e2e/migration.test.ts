/** The pages for those who come from the old system: their commands, on one machine with HAProxy, Consul and traffic. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { LACKS_NETWORKS } from '../support/machine/two-networks.js';
import { commandsAfter } from '../support/pages/console-page.js';
import { OldMachine } from '../support/pages/old-machine.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const readPage = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
const steps = readPage('docs/migration.md');
const BEFORE_THE_MOVE = [
  'the node before',
  'step 1',
  "step 2, HAProxy's answers",
  'step 2, the answers beside HAProxy',
  'step 3',
  'step 4, what would change',
  'step 4, the services',
];

/** As services.ctmpl writes it: the form of rendered.yml. */
const REGISTRY_FILE = `old-till:
  translated_port: 21036
  native_port:
    9000
  protocol:
    tcp
  instances:
    - "172.17.0.4:9000"
shop:
  translated_port: 21034
  native_port:
    8080
  protocol:
    http
  instances:
    - "172.17.0.2:8080"
    - "172.17.0.3:8080"
`;

test('from HAProxy to Consul by the commands of the page, without a lost request', {
  skip: LACKS_NETWORKS,
}, async (context) => {
  const machine = await OldMachine.start(context);
  await machine.walk(steps, BEFORE_THE_MOVE);
  await machine.startTraffic();
  await machine.walk(steps, ['step 4, the move', 'step 4, the answers']);
  await machine.walk(steps, ['step 4, undo']);
  await eventually('the old name has its slot back', async () =>
    /^ +given by +directory/m.test(await machine.shell.run('autoproxy why Old_Till')),
  );
  // Once more, this time for good; the command says now of one app that it was there.
  for (const { text } of commandsAfter(steps, 'step 4, the move')) await machine.shell.run(text);
  await machine.walk(steps, ['step 4, the answers', 'step 5']);
  await machine.assertNothingLost();

  // What changes in Consul is in force now: the old files are no longer.
  await machine.shell.run('consul services deregister -id=shop-2');
  await eventually('one instance is left', async () =>
    /given by .*; with 1 instance$/m.test(await machine.shell.run('autoproxy why shop')),
  );
});

test('a file rendered from the registry takes the place of the old ones, without a lost request', {
  skip: LACKS_NETWORKS,
}, async (context) => {
  const machine = await OldMachine.start(context);
  await machine.shell.run('kill -USR1 $(cat /run/haproxy.pid)');
  await machine.shell.try({ text: 'autoproxy node --pod alpha --node a1 &', output: '…ready…' });
  await machine.startTraffic();
  const page = readPage('examples/consul-template/README.md');
  for (const command of commandsAfter(page, 'the files from the registry')) {
    // consul-template is not to be had here: the file in its form, put there as it does, by a rename.
    if (command.text.includes('consul-template -once')) await machine.writeService('registry.yml', REGISTRY_FILE);
    else await machine.shell.try(command);
  }
  await machine.assertNothingLost();
});
