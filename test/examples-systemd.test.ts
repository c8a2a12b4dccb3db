/** The units of examples/systemd: systemd reads them, they forbid much, and their times are those of the options. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createProgram } from '../src/cli/program.js';
import { OPTIONS } from '../src/config/options.js';
import { parseDuration } from '../src/core/durations.js';
import { describingContext } from './cli/describing-context.js';
import { temporaryFolder } from './support/at-end.js';
import { findProgram } from './support/machine/components.js';

const run = promisify(execFile);

const FOLDER = fileURLToPath(new URL('../../examples/systemd', import.meta.url));
const UNITS = ['autoproxy.service', 'autoproxy-edge.service'] as const;
const PROGRAM = '/usr/local/bin/autoproxy';
/** What `systemd-analyze security` says, from 0 to 10; 2.1 with systemd 252. */
const MAX_EXPOSURE = 2.5;
const skip = findProgram('systemd-analyze') === null ? 'systemd-analyze is missing; npm test installs it' : false;

function readUnit(name: string): string {
  return readFileSync(path.join(FOLDER, name), 'utf8');
}

/** Its value in the unit, in milliseconds. */
function timeOf(unit: string, name: string): number {
  return parseDuration(new RegExp(`^${name}=(\\S+)$`, 'm').exec(unit)?.[1] ?? '') ?? Number.NaN;
}

for (const name of UNITS) {
  test(`systemd has nothing to say about ${name}, and rates it well`, { skip }, async (context) => {
    const file = path.join(temporaryFolder(context, 'unit'), name);
    // The program of this machine, since none is installed here.
    writeFileSync(file, readUnit(name).replaceAll(PROGRAM, '/bin/true'));
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', file]);
    assert.equal(stderr, '');
    const { stdout } = await run('systemd-analyze', ['security', '--offline=yes', '--no-pager', file]);
    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
    context.diagnostic(`exposure level of ${name}: ${exposure}`);
    assert.ok(exposure <= MAX_EXPOSURE, stdout);
  });
}

test('the units leave a node and an edge the time that a stop takes by default', async () => {
  const node = readUnit('autoproxy.service');
  const duration = (text: string | null): number => parseDuration(text ?? '') ?? Number.NaN;
  const ofNode = duration(OPTIONS.lameDuckMs.fallbackHelp) + duration(OPTIONS.drainTimeoutMs.fallbackHelp);
  assert.ok(timeOf(node, 'TimeoutStopSec') >= ofNode + 5_000);
  const program = await createProgram(describingContext);
  const command = program.commands.find((one) => one.name() === 'edge')?.commands.find((one) => one.name() === 'run');
  const ofEdge = ['--lame-duck', '--drain-timeout'].map(
    (flag) => command?.options.find(({ long }) => long === flag)?.defaultValue as number,
  );
  const edge = readUnit('autoproxy-edge.service');
  assert.ok(timeOf(edge, 'TimeoutStopSec') >= ofEdge.reduce((sum, ms) => sum + ms) + 5_000, String(ofEdge));
});
