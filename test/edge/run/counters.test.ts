/** Who has used up his limit does not get it back by a reload: the old worker hands its tables over (peers). */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { askSocket } from '../../../edge/haproxy/control-socket.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';

const CLIENT = '198.51.100.44';
/** Of `flags` of `show peers`: neither an old worker nor another machine is waited for any more. */
const HAS_LEARNED = 0x3;

function appText(name: string, slot: number, more = ''): string {
  return `name: ${name}\npods: [alpha]\nprotocol: http\nslot: ${slot}\nedge:\n  routes: [{host: ${name}.one.example}]\n${more}`;
}

/** 2.6 hands its tables over in its own way; 3.0 does it as 3.2. */
for (const version of HAPROXY_ENDS)
  test(`counters over a reload, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    const limited = appText('limited', 21_460, '  rate_limit: {requests: 5, window: 60s}\n');
    const side = appText('side', 21_462);
    edge.writeApp('limited', limited);
    await edge.startServers(context, `${limited}---\n${side}`);
    await edge.run();
    await edge.settled();
    const status = async (name: string): Promise<number> =>
      (await edge.ask({ hosts: [`${name}.one.example`], client: CLIENT }).catch(() => null))?.status ?? 0;
    await eventually('the limit is used up', async () => (await status('limited')) === 429);
    // A worker of 2.6 teaches nobody while it might learn itself: the first one waits 5 s for that.
    if (version === '2.6') await eventually('the worker has nothing to learn', () => hasLearned(edge));

    for (const [what, change, expected] of [
      ['comes', () => edge.writeApp('side', side), 200],
      ['goes', () => edge.removeApp('side'), 404],
      ['comes again', () => edge.writeApp('side', side), 200],
    ] as const)
      await context.test(`an app ${what}`, async () => {
        const worker = await edge.workerPid();
        change();
        await eventually('it is so, by a reload', async () => (await status('side')) === expected);
        assert.notEqual(await edge.workerPid(), worker);
        // To ask him would use up a limit that had begun anew.
        await eventually('the new worker knows the client', async () => (await requestsOf(edge)) > 5);
        assert.equal(await status('limited'), 429);
      });
  });

/** Through the master: the old worker may still answer at the worker's own socket. */
async function askNewest(edge: EdgeDeployment, question: string): Promise<string> {
  const worker = await edge.workerPid();
  return askSocket(path.join(edge.folder, 'run/master.sock'), `@!${worker} ${question}`);
}

/** What the worker has counted of the client in the window of the app. */
async function requestsOf(edge: EdgeDeployment): Promise<number> {
  const table = await askNewest(edge, 'show table be_limited');
  return Number(new RegExp(`key=::ffff:${CLIENT} .*http_req_rate\\(60000\\)=(\\d+)`).exec(table)?.[1] ?? 0);
}

async function hasLearned(edge: EdgeDeployment): Promise<boolean> {
  const answer = await askNewest(edge, 'show peers');
  const flags = /^0x\w+: .* flags=0x([0-9a-f]+)/m.exec(answer)?.[1] ?? '0';
  return (Number.parseInt(flags, 16) & HAS_LEARNED) === HAS_LEARNED;
}
