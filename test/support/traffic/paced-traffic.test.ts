/** The clients count what tests of containers assert: a count that is wrong would make them pass. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { freePort, ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';
import { PacedTraffic, type TrafficPlan } from './paced-traffic.js';

/** @param plan what differs from 400 requests a second to `shop` */
async function startTraffic(
  context: TestContext,
  answer: RequestListener,
  plan: Partial<TrafficPlan> = {},
): Promise<{ readonly traffic: PacedTraffic; readonly connections: () => number }> {
  const host = ownAddress();
  const port = await freePort(host);
  const server = createServer(answer);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen({ host, port }, resolve));
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  const traffic = await PacedTraffic.start(context, [], { host, port, rate: 400, app: 'shop', ...plan });
  return { traffic, connections: () => connections };
}

test('each request that is lost or goes to another app is counted, and none twice', async (context) => {
  const made = { served: 0, GET: 0, POST: 0, other: 0, refused: 0 };
  const { traffic } = await startTraffic(context, (request, response) => {
    const method = request.method === 'POST' ? 'POST' : 'GET';
    const turn = Object.values(made).reduce((sum, count) => sum + count, 0) % 17;
    if (turn === 5) {
      made[method] += 1;
      request.socket.destroy();
    } else if (turn === 6) {
      made.refused += 1;
      response.writeHead(503).end();
    } else if (turn === 7) {
      made[method] += 1;
      response.writeHead(200, { 'content-length': 10 }).write('half');
      setImmediate(() => request.socket.destroy());
    } else {
      const app = turn === 8 ? 'till' : 'shop';
      made[app === 'shop' ? 'served' : 'other'] += 1;
      response.writeHead(200, { 'x-app': app, 'x-container': `${app}-1` }).end();
    }
  });
  await traffic.more(200);
  const { served, wrongApp, failedGets, failedPosts, byContainer } = await traffic.stop();
  const all = [...failedGets, ...failedPosts];
  const statuses = all.filter((text) => text.endsWith('status 503'));
  assert.deepEqual(
    { served, wrongApp, refused: statuses.length, broken: all.length - statuses.length },
    { served: made.served, wrongApp: made.other, refused: made.refused, broken: made.GET + made.POST },
  );
  assert.equal(byContainer['shop-1']?.served, made.served);
  assert.ok(made.GET > 0 && made.refused > 0 && made.other > 0);
});

test('a tenth is POST, over connections that are kept', async (context) => {
  const methods = { GET: 0, POST: 0 };
  const { traffic, connections } = await startTraffic(context, (request, response) => {
    methods[request.method === 'POST' ? 'POST' : 'GET'] += 1;
    request.resume().on('end', () => response.writeHead(200, { 'x-app': 'shop', 'x-container': 'a' }).end());
  });
  await traffic.more(200);
  const { served, slowestMs, p99Ms, p50Ms } = await traffic.stop();
  assert.equal(methods.POST, Math.floor(served / 10));
  assert.equal(methods.GET, served - methods.POST);
  assert.ok(connections() <= 16);
  assert.ok(slowestMs >= p99Ms && p99Ms >= p50Ms && p50Ms > 0);
});

test('a wait for a connection counts as time, and requests after the signal to stop are told', async (context) => {
  let isStopped = false;
  const { traffic } = await startTraffic(
    context,
    (_, response) => {
      if (isStopped) response.setHeader('x-since-stop-ms', 7);
      setTimeout(() => response.writeHead(200, { 'x-app': 'shop', 'x-container': 'a' }).end(), 20);
    },
    { connections: 1, postShare: 0.5 },
  );
  await traffic.more(10);
  assert.equal((await traffic.report()).byContainer.a?.afterStop, 0);
  isStopped = true;
  await traffic.more(3);
  const { slowestMs, byContainer } = await traffic.stop();
  // One connection answers 50 a second and 400 come.
  assert.ok(slowestMs > 60);
  assert.ok((byContainer.a?.afterStop ?? 0) > 0);
  assert.equal(byContainer.a?.lastAfterStopMs, 7);
});

test('after a stop the same clients ask on, and only what follows is counted', async (context) => {
  let status = 503;
  const { traffic, connections } = await startTraffic(context, (_request, response) => {
    response.writeHead(status, { 'x-app': 'shop', 'x-container': 'shop-1' }).end();
  });
  await traffic.more(20);
  const refused = await traffic.stop();
  assert.ok(refused.failedGets.length + refused.failedPosts.length > 20);
  status = 200;
  await traffic.again();
  await traffic.more(20);
  const { served, failedGets, failedPosts, byContainer } = await traffic.stop();
  assert.deepEqual([failedGets, failedPosts], [[], []]);
  assert.ok(served > 20);
  assert.equal(byContainer['shop-1']?.served, served);
  assert.ok(connections() <= 16, `${connections()} connections`);
});
