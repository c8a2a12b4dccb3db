/** The files of the page: all of them from the node, none by a path, and a policy that lets nothing else in. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import { startAdmin } from '../node-double.js';
import { rawExchange } from '../raw-exchange.js';

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

async function readText(url: string, headers: Readonly<Record<string, string>> = {}) {
  const { statusCode, headers: fields, body } = await request(url, { headers });
  return { status: statusCode, fields, text: await body.text() };
}

/** All that the document names, and all that those modules import, and so on. */
async function filesOf(
  context: TestContext,
): Promise<{ readonly names: ReadonlySet<string>; readonly origin: string }> {
  const { origin } = await startAdmin(context);
  const { text } = await readText(`${origin}/`, HTML);
  const open = [...text.matchAll(/(?:href|src)="\/page\/files\/([^"]+)"/g)].map(([, name = '']) => name);
  const names = new Set<string>();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (names.has(name)) continue;
    names.add(name);
    const { status, text: content } = await readText(`${origin}/page/files/${name}`);
    assert.equal(status, 200, name);
    for (const [, imported = ''] of content.matchAll(/\b(?:from|import)\s*["']([^"'\s]+)["']/g)) {
      if (!name.endsWith('.js')) continue;
      assert.match(imported, /^\.\/[\w.-]+$/, `${name} imports ${imported}`);
      open.push(imported.slice(2));
    }
  }
  return { names, origin };
}

test('a browser gets the page, a program the list of endpoints', async (context) => {
  const { origin } = await startAdmin(context);
  const page = await readText(`${origin}/`, HTML);
  assert.match(String(page.fields['content-type']), /^text\/html/);
  assert.equal(page.fields.vary, 'Accept');
  const list = await readText(`${origin}/`, { accept: '*/*' });
  assert.match(String(list.fields['content-type']), /^text\/plain/);
  assert.match(list.text, /^GET \/state +the whole state of the node, as JSON$/m);
});

test("an app's page is its why", async (context) => {
  const { origin } = await startAdmin(context);
  const page = await readText(`${origin}/apps/checkout/why`, HTML);
  assert.match(page.text, /^<!doctype html>/);
  const why = await readText(`${origin}/apps/checkout/why`);
  assert.equal((JSON.parse(why.text) as { readonly app: string }).app, 'checkout');
  assert.deepEqual([page.fields.vary, why.fields.vary], ['Accept', 'Accept']);
});

test('each file that the page needs comes from the node', async (context) => {
  const { names } = await filesOf(context);
  for (const name of [
    'main.js',
    'preact.js',
    'preact-hooks.js',
    'htm.js',
    'uplot.js',
    'uplot.css',
    'page.css',
    'icon.svg',
  ])
    assert.ok(names.has(name), name);
});

test('the policy lets in what the node serves and nothing else', async (context) => {
  const { origin } = await startAdmin(context);
  const { text, fields } = await readText(`${origin}/`, HTML);
  const policy = String(fields['content-security-policy']);
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
  assert.match(
    policy,
    /base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'$/,
  );
  assert.doesNotMatch(policy, /unsafe|\*|http|data:|blob:/);
  assert.doesNotMatch(text, /<script>|<style|style=|\bon\w+=|https?:/);
});

test('a file that the browser has is not sent again', async (context) => {
  const { origin } = await startAdmin(context);
  const url = `${origin}/page/files/main.js`;
  const first = await readText(url);
  const etag = String(first.fields.etag);
  const again = await readText(url, { 'if-none-match': `"other", W/${etag}` });
  assert.deepEqual([again.status, again.text], [304, '']);
  assert.equal((await readText(url, { 'if-none-match': '"other"' })).status, 200);
});

test('no request reaches the file system', async (context) => {
  const { host, port } = await startAdmin(context);
  const paths = [
    '../page.html',
    '..%2f..%2fserver.js',
    '%2e%2e%2fserver.js',
    '.',
    'page.html',
    'main.js%00',
    '/etc/passwd',
  ];
  for (const path of paths) {
    const head = `GET /page/files/${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    assert.match(await rawExchange(host, port, head), /^HTTP\/1\.1 404 /, path);
  }
});

test('a token is of one start of the node', async (context) => {
  const [one, other] = await Promise.all([startAdmin(context), startAdmin(context)]);
  const texts = await Promise.all([one, other].map(({ origin }) => readText(`${origin}/`, HTML)));
  assert.notEqual(texts[0]?.text, texts[1]?.text);
});
