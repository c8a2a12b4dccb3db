/** The checks of the migration page can fail: each is held against the fault that it is there for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { LACKS_NETWORKS } from '../support/machine/two-networks.js';
import { commandsAfter, type PageCommand } from '../support/pages/console-page.js';
import { OldMachine } from '../support/pages/old-machine.js';
import type { PageShell } from '../support/pages/page-shell.js';

const steps = readFileSync(fileURLToPath(new URL('../../../docs/migration.md', import.meta.url)), 'utf8');

test('a missing service, a dead instance, a closed slot and an empty list are found', {
  skip: LACKS_NETWORKS,
}, async (context) => {
  const machine = await OldMachine.start(context);
  const { shell } = machine;
  const [, services] = commandsAfter(steps, 'step 4, the services');
  await assert.rejects(shell.try(asCommand(services)), /old-till 404/, 'a renamed app without its service');

  await machine.walk(steps, ["step 2, HAProxy's answers"]);
  const compare = asCommand(commandsAfter(steps, 'step 4, the answers').at(-1));
  await shell.try(compare);
  await shell.run('kill $(cat 172.17.0.4:9000.pid)');
  await untilItFails(shell, compare, /^> 21037 \/health-check 503, curl 0$/m);

  const [stop] = commandsAfter(steps, 'step 3');
  await shell.try(asCommand(stop));
  await untilItFails(shell, compare, /10\.0\.0\.11:21034 refuses the connection/);
  const [, record] = commandsAfter(steps, "step 2, HAProxy's answers");
  await shell.run(`! ${asCommand(record).text.replace(/ \|.*/, '')}`);
  await shell.run('> slots.txt');
  await assert.rejects(shell.try(compare), /slots\.txt names no slots/);
});

function asCommand(command: PageCommand | undefined): PageCommand {
  return command ?? assert.fail('the page lacks this command');
}

async function untilItFails(shell: PageShell, command: PageCommand, reason: RegExp): Promise<void> {
  await eventually(`"${command.text}" fails: ${reason}`, () =>
    shell.try(command).then(
      () => false,
      (error: Error) => reason.test(error.message),
    ),
  );
}
