/**
 * The page with 500 apps of eight instances. The bounds are of CPU time, which other work on the machine changes little; times on
 * the clock are said and not judged.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { startChromium } from '../support/machine/chromium.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';

const APPS = 500;
const INSTANCES = 8;
const FIRST_SLOT = 20_000;
const SECONDS = 10;
/** Requests a second over all apps. */
const RATE = 400;

async function startLargeNode(context: TestContext): Promise<RunningNode> {
  const port = await freePort('0.0.0.0');
  // One server is all instances: each has a loopback address of its own.
  const server = createServer((_, response) => response.end('ok')).listen(port, '0.0.0.0');
  await once(server, 'listening');
  atEnd(context, () => server.closeAllConnections());
  atEnd(context, () => server.close());
  const app = (index: number): string => {
    const ids = Array.from(
      { length: INSTANCES },
      (_, place) => `127.200.${index >> 4}.${(index & 15) * 16 + place + 1}:${port}`,
    );
    return `app-${index}:\n  protocol: http\n  translated_port: ${FIRST_SLOT + 2 * index}\n  health: {interval: 1m}\n  instances: [${ids.map((id) => `"${id}"`).join(', ')}]\n`;
  };
  const node = await startNode(context, () => ({
    'apps.yml': Array.from({ length: APPS }, (_, index) => app(index)).join(''),
  }));
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  atEnd(context, () => agent.destroy());
  let next = 0;
  const timer = setInterval(() => {
    for (let count = 0; count < RATE / 20; count += 1) {
      next = (next + 1) % APPS;
      get({ host: node.host, port: FIRST_SLOT + 2 * next, agent }, (response) => response.resume()).on(
        'error',
        () => {},
      );
    }
  }, 50);
  atEnd(context, () => clearInterval(timer));
  return node;
}

test('500 apps: the first paint and each update take little of the page', async (context) => {
  const node = await startLargeNode(context);
  const browser = await startChromium(context);
  const page = await (await browser.newContext({ viewport: { width: 1_400, height: 900 } })).newPage();
  const devtools = await page.context().newCDPSession(page);
  // CPU time of the page's main thread.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const taskMs = async (): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000;
  };
  const from = performance.now();
  const before = await taskMs();
  await page.goto(`http://${node.admin}/`);
  await page
    .locator('tr.app')
    .nth(APPS - 1)
    .waitFor({ state: 'attached' });
  const [wallMs, firstMs] = [performance.now() - from, (await taskMs()) - before];
  context.diagnostic(
    `first paint: ${Math.round(firstMs)} ms of the page's time, ${Math.round(wallMs)} ms on the clock`,
  );
  assert.ok(firstMs < 1_000, `${firstMs} ms`);
  await pause(2_000);
  const start = await taskMs();
  await pause(SECONDS * 1_000);
  const updateMs = ((await taskMs()) - start) / SECONDS;
  context.diagnostic(`an update: ${Math.round(updateMs)} ms of the page's time`);
  assert.ok(updateMs < 50, `${updateMs} ms`);
});
