/** The page of a real node in a real browser. Screenshots stay in .cache/page. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { startChromium } from '../support/machine/chromium.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { appText, writeAtomically } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SHOTS = path.join(ROOT, '.cache/page');
const AXE = path.join(ROOT, 'node_modules/axe-core/axe.min.js');
const WIDE = { viewport: { width: 1_400, height: 900 } };
const NARROW = { viewport: { width: 400, height: 860 } };

interface Shop {
  readonly node: RunningNode;
  readonly browser: Browser;
  readonly instances: readonly HttpInstance[];
}

/** A node with an app of two instances, one that is down, and one of three that are. */
async function startShop(context: TestContext): Promise<Shop> {
  const instances = [await HttpInstance.start(context), await HttpInstance.start(context)];
  const dead = `${ownAddress()}:9`;
  const node = await startNode(context, (_, slot) => ({
    'shop.yml': appText('shop', slot, [...instances.map(({ id }) => id), dead]),
    '<img src=x>.yml': appText('till', slot + 2, [instances[0]?.id ?? '']),
  }));
  return { node, instances, browser: await startChromium(context) };
}

/** @returns a page that fails the test for an error, a broken rule of the policy, or a request to elsewhere */
async function openPage(context: TestContext, { browser, node }: Shop, options: BrowserContextOptions, at = '/') {
  const page = await (await browser.newContext(options)).newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(`http://${node.admin}/`)) faults.push(`asks ${request.url()}`);
  });
  await page.goto(`http://${node.admin}${at}`);
  atEnd(context, () => assert.deepEqual(faults, []));
  return page;
}

function rowOf(page: Page, app: string) {
  return page.locator('tr.app', { has: page.getByRole('link', { name: app, exact: true }) });
}

interface AxeWindow {
  readonly axe: {
    run(): Promise<{
      readonly violations: readonly {
        readonly id: string;
        readonly impact: string;
        readonly nodes: readonly { readonly html: string }[];
      }[];
    }>;
  };
}

/** @returns what axe-core takes for serious or worse. @param page with `bypassCSP`: the policy lets no script of others in */
async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const { violations } = await page.evaluate(() => (globalThis as unknown as AxeWindow).axe.run());
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

test('it loads, shows a change within a second, and drains an instance', async (context) => {
  const shop = await startShop(context);
  const { node, instances } = shop;
  const page = await openPage(context, shop, WIDE);
  await rowOf(page, 'shop').waitFor();
  await eventually('the reason is there', async () =>
    /Degraded.*down: connection refused/s.test((await rowOf(page, 'shop').textContent()) ?? ''),
  );
  await page.getByRole('button', { name: 'Instances of till' }).click();
  await page.getByText('<img src=x>.yml').first().waitFor();
  assert.equal(await page.locator('img[src="x"]').count(), 0);

  await page.getByRole('button', { name: 'Instances of shop' }).click();
  const id = instances[1]?.id ?? '';
  await page.getByRole('button', { name: `drain ${id}` }).click();
  await page.getByLabel('Your name').fill('ada');
  await page.getByRole('button', { name: 'Yes, drain' }).click();
  await page.getByText(`drain of ${id} of shop is in force`).waitFor();
  const state = await node.untilState(({ apps }) =>
    apps.some(({ instances: all }) => all.some((one) => one.state === 'drain')),
  );
  assert.equal(state.apps.flatMap((app) => app.instances).find((one) => one.id === id)?.override?.by, 'ada');
  await page
    .locator('table.instances')
    .getByRole('row', { name: new RegExp(`${id}.*drained by ada`, 's') })
    .waitFor();

  const text = appText('new-app', node.slot + 6, [instances[0]?.id ?? '']);
  await writeAtomically(path.join(node.servicesDir, 'new.yml'), text);
  await node.untilState(({ apps }) => apps.some(({ name }) => name === 'new-app'));
  const from = performance.now();
  await rowOf(page, 'new-app').waitFor();
  const took = performance.now() - from;
  context.diagnostic(`a new app is on the page ${Math.round(took)} ms after it is in the state document`);
  // Within a second on a machine that does nothing else.
  assert.ok(took < 3_000, `${took} ms`);
});

test('one can stand at a moment of the past and see the apps as they were', async (context) => {
  const shop = await startShop(context);
  const { node } = shop;
  await fetch(`http://${node.admin}/apps/till/maint`, { method: 'POST', headers: { 'X-Autoproxy': '1' } });
  const page = await openPage(context, shop, WIDE);
  await eventually('it is in maintenance', async () =>
    /No service/i.test((await rowOf(page, 'till').textContent()) ?? ''),
  );
  await fetch(`http://${node.admin}/apps/till/ready`, { method: 'POST', headers: { 'X-Autoproxy': '1' } });
  await eventually('it is ready', async () => /Up/.test((await rowOf(page, 'till').textContent()) ?? ''));
  const moment = page.getByRole('listitem').filter({ hasText: 'maint of all instances' }).getByRole('button');
  await moment.click();
  await page.getByText(/The apps as they were at/).waitFor();
  await eventually('it is in maintenance again', async () =>
    /No service/i.test((await rowOf(page, 'till').textContent()) ?? ''),
  );
  await page.keyboard.press('Escape');
  await eventually('it is now again', async () => /Up/.test((await rowOf(page, 'till').textContent()) ?? ''));
});

test("the keyboard alone is enough, and an app's own page is its why", async (context) => {
  const shop = await startShop(context);
  const page = await openPage(context, shop, WIDE);
  await rowOf(page, 'till').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.locator(':focus').getAttribute('class'), 'skip');
  await page.keyboard.press('Enter');
  await page.keyboard.press('/');
  await page.keyboard.type('till');
  await eventually('only one is left', async () => (await page.locator('tr.app').count()) === 1);
  const focus = async (name: string, key = 'Tab'): Promise<void> => {
    for (let count = 0; count < 12; count += 1) {
      const focused = page.locator(':focus');
      const label =
        (await focused.count()) === 0
          ? null
          : ((await focused.getAttribute('aria-label')) ?? (await focused.textContent()));
      if (label === name) return;
      await page.keyboard.press(key);
    }
    assert.fail(`${key} does not lead to ${name}`);
  };
  await focus('Instances of till');
  await page.keyboard.press('Enter');
  await focus(`maint ${shop.instances[0]?.id}`);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('is in force', { exact: false }).waitFor();
  // The event that the decision causes comes a moment later, and leaves its result readable.
  await page.getByRole('status').getByText('till unserved').waitFor();
  assert.equal(await page.getByText('is in force').count(), 1);
  // The dialog gave the focus back to the button that opened it.
  await focus(`maint ${shop.instances[0]?.id}`);
  await focus('till', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/apps/till/why');
  await page.getByText('Where it comes from').waitFor();
  await page
    .getByText(/maint of/)
    .first()
    .waitFor();
});

for (const [name, at, options] of [
  ['light', '/', { ...WIDE, colorScheme: 'light' }],
  ['dark', '/', { ...WIDE, colorScheme: 'dark' }],
  ['narrow', '/', { ...NARROW, colorScheme: 'light' }],
  ['app', '/apps/shop/why', { ...WIDE, colorScheme: 'light' }],
] as const) {
  test(`axe finds nothing serious: ${name}`, async (context) => {
    const shop = await startShop(context);
    const page = await openPage(context, shop, { ...options, bypassCSP: true }, at);
    if (at === '/') await page.getByRole('button', { name: 'Instances of shop' }).click();
    await page
      .getByRole('button', { name: /^drain / })
      .first()
      .waitFor();
    assert.deepEqual(await seriousFindings(page), []);
    const beyond = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    assert.equal(beyond, 0, 'nothing sticks out');
    await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
  });
}
