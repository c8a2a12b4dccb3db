/**
 * Services of a real Swarm of three machines (Docker 20.10, 20.10, 28), each with a node, at load: what is lost and how long
 * a request takes while they are updated, rolled back, scaled and moved; whether a plan names the very tasks that `apply` then
 * replaces, over random changes; and whether a plan is empty right after `apply`, and how soon it is there, with 200 apps.
 *
 *   npm run bench:placement -- [--only updates,moves,changes,apps] [--rate 300] [--step PART-OF-A-NAME]
 *     [--changes 50] [--seed N] [--apps 200] [--versions 20.10,26,28]
 *
 * Clients are at an HAProxy that asks the nodes in turn, by the answers of their health ports. A request has failed when its
 * answer is not 200 of the app, is cut, or does not come within 15 s. HAProxy repeats what certainly has not run: any request
 * whose connection was not made, and a GET that gets no answer within 5 s. So a POST that was sent to a machine which then
 * loses its power is answered 504; these are counted apart.
 */
import { parseArgs } from 'node:util';
import { prepareDocker } from '../test/support/docker/docker-engine.js';
import { KNOWN_DOCKER_VERSIONS } from '../test/support/docker/docker-versions.js';
import { shopText } from '../test/support/swarm/shop-definition.js';
import { SwarmLab } from '../test/support/swarm/swarm-lab.js';
import { withEnd } from './ends.js';
import { busyLine, isBusy, lookAtOthers, machineLine } from './machine.js';
import { measureApps } from './placement/apps.js';
import { measureChanges } from './placement/changes.js';
import { type Happening, measureHappenings, ordered } from './placement/load.js';
import { MOVES } from './placement/moves.js';
import { UPDATES } from './placement/updates.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'updates,moves,changes,apps' },
    rate: { type: 'string', default: '300' },
    step: { type: 'string', default: '' },
    apps: { type: 'string', default: '200' },
    versions: { type: 'string', default: KNOWN_DOCKER_VERSIONS.join() },
    changes: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const versions = KNOWN_DOCKER_VERSIONS.filter((one) => values.versions.split(',').includes(one));
const only = new Set(values.only.split(','));
const verdict = new Verdict();

console.log(machineLine());
const othersCores = await lookAtOthers();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
await prepareDocker();
if (only.has('apps')) await prepareDocker(versions);
for (const [part, happenings] of Object.entries({ updates: UPDATES, moves: MOVES }))
  if (only.has(part)) await inLab(happenings.filter(({ name }) => name.includes(values.step)));
if (only.has('changes'))
  await withEnd(async (context) => {
    const lab = await SwarmLab.start(context, { pods: ['alpha', 'alpha', 'beta'] });
    await measureChanges(lab, { changes: Number(values.changes), seed: Number(values.seed) }, verdict);
  });
for (const version of only.has('apps') ? versions : [])
  await withEnd((context) => measureApps(context, version, Number(values.apps), verdict));
process.exitCode = verdict.exitCode;

async function inLab(happenings: readonly Happening[]): Promise<void> {
  await withEnd(async (context) => {
    const lab = await SwarmLab.start(context);
    lab.define('shop', shopText({}));
    await ordered(lab, ['apply']);
    await lab.untilUp(3);
    await measureHappenings(lab, Number(values.rate), happenings, verdict);
  });
}
