/**
 * What a node counts is what its clients and its instances have counted, each for itself: over 100 000 requests, changes of the
 * configuration, a roll of all workers, and the crash of one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { readCsvWithPython } from '../support/machine/python-csv.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { CountedInstance, CountedTraffic } from '../support/traffic/counted-traffic.js';

const CLIENTS = 32;
const [DURING_CHANGES, DURING_ROLL, DURING_CRASH, AFTER_IT] = [40_000, 25_000, 25_000, 10_000];

type Figures = Readonly<Record<string, number>>;

/** Of the app, by several names for the same, and of its instances. */
async function countedBy(node: RunningNode, instances: readonly CountedInstance[]): Promise<Figures> {
  const text = await node.metrics();
  const csv = readCsvWithPython(await (await fetch(`http://${node.admin}/;csv`)).text());
  const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  const classes = (name: string, of: string, label = 'code'): Figures =>
    Object.fromEntries(
      ['2xx', '4xx', '5xx'].map((one) => [`${name} ${one}`, metric(`${name}\\{${of},${label}="${one}"\\}`)]),
    );
  const row = (name: string) => csv.find(({ pxname, svname }) => pxname === 'shop' && svname === name) ?? {};
  const [frontend, backend] = [row('FRONTEND'), row('BACKEND')];
  const figures: Record<string, number> = {
    requests: metric('autoproxy_requests_total\\{app="shop"\\}'),
    'requests, frontend': metric('haproxy_frontend_http_requests_total\\{proxy="shop"\\}'),
    'requests, backend': metric('haproxy_backend_http_requests_total\\{proxy="shop"\\}'),
    'requests, csv': Number(frontend.req_tot),
    'requests, csv of the backend': Number(backend.stot),
    'lines of the access log': metric('autoproxy_access_log_lines_total'),
    connections: metric('autoproxy_connections_total\\{app="shop"\\}'),
    'connections, frontend': metric('haproxy_frontend_connections_total\\{proxy="shop"\\}'),
    'bytes in': metric('autoproxy_bytes_total\\{app="shop",direction="in"\\}'),
    'bytes in, frontend': metric('haproxy_frontend_bytes_in_total\\{proxy="shop"\\}'),
    'bytes in, csv': Number(frontend.bin),
    'bytes out': metric('autoproxy_bytes_total\\{app="shop",direction="out"\\}'),
    'bytes out, frontend': metric('haproxy_frontend_bytes_out_total\\{proxy="shop"\\}'),
    'bytes out, csv': Number(frontend.bout),
    ...classes('autoproxy_responses_total', 'app="shop"', 'class'),
    ...classes('haproxy_frontend_http_responses_total', 'proxy="shop"'),
    '2xx, csv': Number(frontend.hrsp_2xx),
    '4xx, csv': Number(frontend.hrsp_4xx),
    '5xx, csv': Number(frontend.hrsp_5xx),
  };
  for (const [index, { id }] of instances.entries()) {
    const server = `shop_${id}`;
    const labels = `proxy="shop",server="${server}"`;
    figures[`requests of instance ${index}`] = metric(
      `autoproxy_instance_requests_total\\{app="shop",instance="${id}"\\}`,
    );
    figures[`requests of instance ${index}, csv`] = Number(row(server).stot);
    figures[`2xx of instance ${index}`] = metric(`haproxy_server_http_responses_total\\{${labels},code="2xx"\\}`);
    figures[`5xx of instance ${index}, csv`] = Number(row(server).hrsp_5xx);
  }
  return figures;
}

/** The same, as clients and instances know it. */
function knownBy(traffic: CountedTraffic, instances: readonly CountedInstance[]): Figures {
  const { answered, connections, bytesIn, bytesOut, responses } = traffic;
  const classes = { '2xx': responses[2] ?? 0, '4xx': responses[4] ?? 0, '5xx': responses[5] ?? 0 };
  const named = (name: (one: string) => string): Figures =>
    Object.fromEntries(Object.entries(classes).map(([one, count]) => [name(one), count]));
  const figures: Record<string, number> = {
    ...{ requests: answered, 'requests, frontend': answered, 'requests, backend': answered },
    ...{ 'requests, csv': answered, 'requests, csv of the backend': answered, 'lines of the access log': answered },
    ...{ connections, 'connections, frontend': connections },
    ...{ 'bytes in': bytesIn, 'bytes in, frontend': bytesIn, 'bytes in, csv': bytesIn },
    ...{ 'bytes out': bytesOut, 'bytes out, frontend': bytesOut, 'bytes out, csv': bytesOut },
    ...named((one) => `autoproxy_responses_total ${one}`),
    ...named((one) => `haproxy_frontend_http_responses_total ${one}`),
    ...named((one) => `${one}, csv`),
  };
  for (const [index, instance] of instances.entries()) {
    figures[`requests of instance ${index}`] = instance.requests;
    figures[`requests of instance ${index}, csv`] = instance.requests;
    figures[`2xx of instance ${index}`] = instance.responses[2] ?? 0;
    figures[`5xx of instance ${index}, csv`] = instance.responses[5] ?? 0;
  }
  return figures;
}

function differences(one: Figures, other: Figures): Figures {
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, value - (other[name] ?? Number.NaN)]));
}

function assertNoneWentBack(before: Figures, now: Figures): void {
  for (const [name, value] of Object.entries(now)) assert.ok(value >= (before[name] ?? 0), `${name} went back`);
}

test('100 000 requests are counted exactly, by each name, over changes, a crash and a roll', async (context) => {
  const instances = [await CountedInstance.start(context), await CountedInstance.start(context)];
  const passing = await CountedInstance.start(context);
  const ids = instances.map(({ id }) => id);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, ids) }), {
    ...{ '--workers': '2', '--access-log': '/dev/null' },
  });
  await node.untilState(({ apps, workers }) => {
    const isUp = apps[0]?.instances.every(({ health }) => health === 'up') === true;
    return isUp && workers.every(({ state }) => state === 'serving');
  });
  const traffic = new CountedTraffic(context, node.host, node.slot, CLIENTS);
  /** What a crash took away. */
  let lost: Figures = {};
  const assertExact = async (when: string): Promise<void> => {
    let off: Figures = {};
    await eventually(
      `all is counted exactly ${when}`,
      async () => {
        off = differences(await countedBy(node, instances), knownBy(traffic, instances));
        return Object.entries(off).every(([name, count]) => count === (lost[name] ?? 0));
      },
      5_000,
    ).catch((error: Error) => assert.fail(`${error.message}; off by ${JSON.stringify(off)}`));
  };

  let hasChanged = 0;
  let isAsked = false;
  const changing = traffic.ask(DURING_CHANGES).then(() => {
    isAsked = true;
  });
  for (; !isAsked || hasChanged < 10; hasChanged += 1) {
    const listed = hasChanged % 3 === 2 ? [...ids, passing.id] : ids;
    const more = `  retries: ${hasChanged % 4}\n  balance: ${hasChanged % 2 === 0 ? 'roundrobin' : 'leastconn'}\n`;
    await node.write('shop.yml', appText('shop', node.slot, listed) + more);
    await node.untilState(({ apps }) => apps[0]?.instances.length === listed.length);
  }
  await changing;
  assert.equal(traffic.unanswered, 0);
  assert.ok(passing.requests > 0, 'the passing instance has served');
  await assertExact(`after ${hasChanged} changes`);

  const before = await node.workerPids();
  const rolling = traffic.ask(DURING_ROLL);
  node.signal('SIGUSR2');
  await node.untilState(({ workers }) => workers.length === 2 && workers.every(({ pid }) => !before.includes(pid)));
  await rolling;
  assert.equal(traffic.unanswered, 0);
  await assertExact('after a roll');

  const crashing = traffic.ask(DURING_CRASH);
  await eventually('it is half over', () => traffic.answered > DURING_CHANGES + DURING_ROLL + DURING_CRASH / 2);
  const [victim = 0] = await node.workerPids();
  const reported = await countedBy(node, instances);
  process.kill(victim, 'SIGKILL');
  const atDeath = traffic.answered;
  await crashing;
  await node.untilState(({ workers }) => workers.length === 2 && workers.every(({ pid }) => pid !== victim));
  const after = await countedBy(node, instances);
  assertNoneWentBack(reported, after);
  lost = differences(after, knownBy(traffic, instances));
  // What was reported before the crash stays; what was under way then may be counted, and may have no answer.
  const mostLost = atDeath - (reported.requests ?? 0) + CLIENTS;
  assert.ok(mostLost < DURING_CRASH / 4, `little time passes between report and crash: ${mostLost}`);
  assert.ok(traffic.unanswered > 0 && traffic.unanswered <= CLIENTS, `${traffic.unanswered} have no answer`);
  const { requests: lostRequests = 0 } = lost;
  assert.ok(lostRequests >= -mostLost && lostRequests <= traffic.unanswered, `${lostRequests}, at most ${mostLost}`);

  await traffic.ask(AFTER_IT);
  await assertExact('after a crash, but for what it took away');
});
