/** The page of a node that asks for a token, in a real browser: its user's password opens it, and opens nothing to a page of others. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { startChromium } from '../support/machine/chromium.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

const TOKEN = 'token+of/the=operators-1';
const BEARER = { authorization: `Bearer ${TOKEN}` };

async function startShop(context: TestContext) {
  const file = path.join(temporaryFolder(context, 'token'), 'token');
  writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
  const instances = [await HttpInstance.start(context), await HttpInstance.start(context)];
  const services = (_: string, slot: number) => ({
    'shop.yml': appText(
      'shop',
      slot,
      instances.map(({ id }) => id),
    ),
  });
  const node = await startNode(context, services, { '--admin-token-file': file });
  return { node, file, id: instances[1]?.id ?? '', browser: await startChromium(context) };
}

async function statesOf(node: RunningNode): Promise<readonly string[]> {
  const answer = await fetch(`http://${node.admin}/state`, { headers: BEARER });
  const { apps } = (await answer.json()) as Awaited<ReturnType<RunningNode['state']>>;
  return apps.flatMap(({ instances }) => instances.map(({ state }) => state));
}

async function drainByPage(page: Page, id: string): Promise<void> {
  await page.getByRole('button', { name: 'Instances of shop' }).click();
  await page.getByRole('button', { name: `drain ${id}` }).click();
  await page.getByRole('button', { name: 'Yes, drain' }).click();
  await page.getByText(`drain of ${id} of shop is in force`).waitFor();
}

test('with the password it loads, streams, and drains an instance; without it, it does not', async (context) => {
  const { node, browser, id } = await startShop(context);
  const stranger = await (await browser.newContext()).newPage();
  const refused = await stranger.goto(`http://${node.admin}/`);
  assert.equal(refused?.status(), 401);
  assert.match((await stranger.textContent('body')) ?? '', /asks for its admin token/);

  const page = await (await browser.newContext({ httpCredentials: { username: 'ada', password: TOKEN } })).newPage();
  await page.goto(`http://${node.admin}/`);
  await page.locator('tr.app').getByText('shop').waitFor();
  await drainByPage(page, id);
  assert.deepEqual(await statesOf(node), ['ready', 'drain']);
  // The stream told of it.
  await page
    .locator('table.instances')
    .getByRole('row', { name: new RegExp(`${id}.*drained by`, 's') })
    .waitFor();
});

test('a password in the address is good for the page too, with all that it asks for', async (context) => {
  const { node, browser, id } = await startShop(context);
  const page = await (await browser.newContext()).newPage();
  await page.goto(`http://ada:${encodeURIComponent(TOKEN)}@${node.admin}/`);
  await page.locator('tr.app').getByText('shop').waitFor();
  await drainByPage(page, id);
  assert.deepEqual(await statesOf(node), ['ready', 'drain']);
  await page.goto(`http://ada:${encodeURIComponent(TOKEN)}@${node.admin}/apps/shop/why`);
  await page.getByText('Where it comes from').waitFor();
});

/** What a page of somebody else tries; each is the text of a function without arguments. */
const READS: Readonly<Record<string, (origin: string) => string>> = {
  fetch: (origin) => `fetch('${origin}/state', {credentials: 'include'}).then((r) => r.text())`,
  'opaque fetch': (origin) =>
    `fetch('${origin}/state', {mode: 'no-cors', credentials: 'include'}).then((r) => r.text()).then((t) => { if (t === '') throw Error('nothing'); return t; })`,
  'event stream': (origin) =>
    `new Promise((done, no) => { const s = new EventSource('${origin}/page/stream', {withCredentials: true}); s.addEventListener('whole', (e) => done(e.data)); s.onerror = () => no(Error('no')); })`,
  script: (origin) =>
    `new Promise((done, no) => { const s = document.createElement('script'); s.onload = () => done('ran'); s.onerror = () => no(Error('no')); s.src = '${origin}/page/files/main.js'; document.head.append(s); })`,
  frame: (origin) =>
    `new Promise((done, no) => { const f = document.createElement('iframe'); f.onload = () => { try { done(f.contentDocument.body.textContent || no(Error('empty'))); } catch (e) { no(e); } }; f.src = '${origin}/state'; document.body.append(f); })`,
};
const CHANGES: Readonly<Record<string, (url: string) => string>> = {
  'marked fetch': (url) =>
    `fetch('${url}', {method: 'POST', credentials: 'include', headers: {'X-Autoproxy': '1'}}).then(() => 'sent')`,
  'JSON fetch': (url) =>
    `fetch('${url}', {method: 'POST', credentials: 'include', headers: {'Content-Type': 'application/json'}, body: '{}'}).then(() => 'sent')`,
  'bare fetch': (url) =>
    `fetch('${url}', {method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}'}).then(() => 'sent')`,
  beacon: (url) => `Promise.resolve(navigator.sendBeacon('${url}', '{}'))`,
  form: (url) =>
    `new Promise((done) => { const f = document.createElement('form'); f.method = 'POST'; f.action = '${url}'; f.target = 'w'; const w = document.createElement('iframe'); w.name = 'w'; w.onload = () => done('sent'); document.body.append(w, f); f.submit(); })`,
};

test('a page of somebody else gets nothing of it and changes nothing, in a browser that has the password', async (context) => {
  const { node, browser, id } = await startShop(context);
  const seen: IncomingHttpHeaders[] = [];
  const host = ownAddress();
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>kittens</title><body>');
  });
  const port = await freePort(host);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://${node.admin}`;
  const window = await browser.newContext();
  const own = await window.newPage();
  // The browser remembers it from here on, for all its pages.
  await own.goto(`http://ada:${encodeURIComponent(TOKEN)}@${node.admin}/`);
  await own.locator('tr.app').getByText('shop').waitFor();
  const foreign = await window.newPage();
  await foreign.goto(`http://${host}:${port}/`);
  for (const [way, script] of Object.entries(READS))
    await assert.rejects(foreign.evaluate(script(origin)), Error, `${way} reads nothing`);
  const drain = `${origin}/apps/shop/instances/${encodeURIComponent(id)}/drain`;
  for (const [way, script] of Object.entries(CHANGES)) {
    await foreign.evaluate(script(drain)).catch(() => {});
    assert.deepEqual(await statesOf(node), ['ready', 'ready'], way);
  }
  assert.ok(seen.every(({ authorization }) => authorization === undefined));
  // It was not the password that was missing: the page of the node changes it, in the same browser.
  await drainByPage(own, id);
  await eventually('it is drained', async () => (await statesOf(node))[1] === 'drain');
});

test('another token: an open page loses its stream, and asks again', async (context) => {
  const { node, browser, file } = await startShop(context);
  const page = await (await browser.newContext({ httpCredentials: { username: 'ada', password: TOKEN } })).newPage();
  const streams: number[] = [];
  page.on('response', (response) => {
    if (response.url().endsWith('/page/stream')) streams.push(response.status());
  });
  await page.goto(`http://${node.admin}/`);
  await page.locator('tr.app').getByText('shop').waitFor();
  writeFileSync(file, 'another-token-of-ada\n');
  node.signal('SIGHUP');
  await eventually('the stream is asked for again, and refused', () => streams.includes(401));
  assert.equal(streams[0], 200);
});
