/**
 * A node beside a Docker engine: what following 200 containers costs; how soon a new container serves, and one that is told to
 * stop gets nothing new; what is lost while the containers of an app are replaced, killed or frozen; and whether an address
 * that another app takes over gets requests of the old one.
 *
 *   npm run bench:docker -- [--only follow,lives,deploy,reuse] [--versions 20.10,28] [--rate 500]
 *     [--seconds 30] [--rounds 20] [--reuses 100] [--times 1] [--way 'docker stop']
 */
import { parseArgs } from 'node:util';
import { prepareDocker } from '../test/support/docker/docker-engine.js';
import { DOCKER_VERSIONS } from '../test/support/docker/docker-versions.js';
import { measureDeploys } from './containers/deploys.js';
import { measureFollowing } from './containers/following.js';
import { measureLives } from './containers/lives.js';
import { measureReuse } from './containers/reuse.js';
import { withEnd } from './ends.js';
import { busyLine, isBusy, lookAtOthers, machineLine } from './machine.js';
import { Verdict } from './report.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'follow,lives,deploy,reuse' },
    versions: { type: 'string', default: DOCKER_VERSIONS.join() },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '20' },
    reuses: { type: 'string', default: '100' },
    times: { type: 'string', default: '1' },
    way: { type: 'string', default: '' },
  },
});
const only = new Set(values.only.split(','));
const versions = DOCKER_VERSIONS.filter((one) => values.versions.split(',').includes(one));
const requestsPerSecond = Number(values.rate);
const verdict = new Verdict();

console.log(machineLine());
const othersCores = await lookAtOthers();
if (isBusy(othersCores)) console.log(busyLine(othersCores));
if (only.has('follow')) await withEnd((context) => measureFollowing(context, Number(values.seconds), verdict));
if (['lives', 'deploy', 'reuse'].some((part) => only.has(part))) await prepareDocker();
for (const version of versions) {
  const lives = { rounds: Number(values.rounds), requestsPerSecond };
  if (only.has('lives')) await withEnd((context) => measureLives(context, version, lives, verdict));
  const deploys = { times: Number(values.times), only: values.way, requestsPerSecond };
  if (only.has('deploy')) await withEnd((context) => measureDeploys(context, version, deploys, verdict));
  const reuse = { rounds: Number(values.reuses), requestsPerSecond };
  if (only.has('reuse')) await withEnd((context) => measureReuse(context, version, reuse, verdict));
}
process.exitCode = verdict.exitCode;
