/** The first start of `edge run`, with an empty state directory: nothing is wrong, so no line of its log is a warning. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { haproxyOfVersion } from '../../support/edge/haproxy-versions.js';
import type { LogLine } from '../../support/recording-log.js';

/** Listens at the socket that is named last for half a second, and resets who asks, as a master that executes itself anew. */
const RESETTING = `
const { createServer } = require('node:net');
const { writeFileSync } = require('node:fs');
const [note, file] = process.argv.slice(1);
createServer({ pauseOnConnect: true }, (socket) => {
  socket.on('error', () => {});
  setTimeout(() => { socket.destroy(); writeFileSync(note, ''); }, 20);
}).listen(file);
setTimeout(() => process.exit(), 500);
`;

/** One version is enough: the program above resets each connection to a master that begins, in all of them alike. */
const VERSION = '3.0';

test('a first start logs no warning, though a master that begins resets who asks', async (context) => {
  const folder = temporaryFolder(context, 'resetting');
  const program = path.join(folder, 'haproxy');
  const note = path.join(folder, 'asked');
  writeFileSync(path.join(folder, 'resetting.cjs'), RESETTING);
  const begin = `case "$*" in "-W "*) "${process.execPath}" -e "$(cat "${folder}/resetting.cjs")" "${note}" "\${3%%,*}";; esac`;
  writeFileSync(program, `#!/bin/sh\n${begin}\nexec "${haproxyOfVersion(VERSION)}" "$@"\n`);
  chmodSync(program, 0o755);
  const edge = await EdgeDeployment.create(context, { version: VERSION, program });
  await edge.run();
  await edge.settled();
  assert.ok(existsSync(note), 'it was asked while it began');
  const lines = edge.log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
  assert.deepEqual(
    lines.map(({ level, msg }) => [level, msg]),
    [['info', 'HAProxy runs']],
  );
});
