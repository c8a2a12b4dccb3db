/** HUP: everything is read again now, also what is only looked at every two seconds. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { EventsDocument } from '../../src/admin/events-document.js';
import { startNode } from '../support/node/node-process.js';

/** Of backups.txt, which no notification tells of. */
const POLL_MS = 2_000;
const ROUNDS = 3;

test('HUP makes backups.txt known at once, and the node goes on as it was', async (context) => {
  const node = await startNode(context, () => ({}));
  const [{ pid }, workerPids] = [await node.state(), await node.workerPids()];
  const startedAt = performance.now();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const address = `127.99.0.${round}`;
    await writeFile(path.join(node.servicesDir, 'backups.txt'), `${address}\n`);
    node.signal('SIGHUP');
    await node.untilState(({ neighbors }) => neighbors[0]?.address === address);
  }
  // Left to its polls the node would have needed one for each round.
  assert.ok(performance.now() - startedAt < (ROUNDS - 1) * POLL_MS, 'no round waited for a poll');
  const said = 'reading all sources again; options are read at a start alone, so a changed one needs a restart';
  assert.equal(node.linesOf(said).length, ROUNDS);
  const { events } = (await (await fetch(`http://${node.admin}/events`)).json()) as EventsDocument;
  assert.equal(events.filter(({ kind }) => kind === 'reload').length, ROUNDS);
  assert.deepEqual([(await node.state()).pid, await node.workerPids()], [pid, workerPids]);
});
