/** What real HAProxy finds in the maps is what we say it finds: trees, wildcards, and PCRE2 beside JavaScript. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from 'undici';
import type { EdgeApp } from '../../../edge/edge-app.js';
import { findApp } from '../../../edge/routes/find-app.js';
import { type RouteTables, routeTables } from '../../../edge/routes/route-tables.js';
import { freePort, ownAddress } from '../../support/addresses.js';
import { atEnd, temporaryFolder } from '../../support/at-end.js';
import { edgeApp } from '../../support/edge/edge-apps.js';
import { startHaproxy } from '../../support/edge/haproxy-process.js';
import { HAPROXY_VERSIONS, haproxyOfVersion, type TestedVersion } from '../../support/edge/haproxy-versions.js';
import { SeededRandom } from '../../support/seeded-random.js';
import { randomPatterns, randomText, textLike } from './seeded-regexes.js';

/** Serves the name of the app that the maps lead to, looked up as RouteTables says. */
async function serveTables(context: TestContext, tables: RouteTables, version: TestedVersion): Promise<Client> {
  const folder = temporaryFolder(context, 'maps');
  const map = (name: keyof RouteTables): string => {
    const file = path.join(folder, `${name}.map`);
    writeFileSync(file, tables[name].map(({ key, app }) => `${key} ${app}\n`).join(''));
    return file;
  };
  const [exact, pathRegex, prefix, hostRegex] = [map('exact'), map('pathRegex'), map('prefix'), map('hostRegex')];
  const unlessFound = 'unless { var(txn.app) -m found }';
  const byName = (name: string): string => `
  http-request set-var-fmt(txn.joined) %[var(${name})]%[path]
  http-request set-var-fmt(txn.parted) "%[var(${name})]\\x1f%[path]"
  http-request set-var(txn.app) var(txn.joined),map_str(${exact}) ${unlessFound}
  http-request set-var(txn.app) var(txn.parted),map_reg(${pathRegex}) ${unlessFound}
  http-request set-var(txn.app) 'var(txn.joined),concat(/),map_beg(${prefix})' ${unlessFound}`;
  const host = ownAddress();
  const port = await freePort(host);
  const sections = `frontend edge
  mode http
  bind ${host}:${port}
  http-request set-var(txn.host) req.hdr(host),lower
  http-request set-var(txn.wild) 'var(txn.host),regsub(^[^.]*,*)'${byName('txn.host')}${byName('txn.wild')}
  http-request set-var-fmt(txn.parted) "%[var(txn.host)]\\x1f%[path]"
  http-request set-var(txn.app) var(txn.parted),map_reg(${hostRegex}) ${unlessFound}
  http-request return status 200 content-type text/plain lf-string "%[var(txn.app)]"
`;
  await startHaproxy(context, sections, { host, port }, { program: haproxyOfVersion(version) });
  const client = new Client(`http://${host}:${port}`, { pipelining: 20 });
  atEnd(context, () => client.destroy());
  return client;
}

async function ask(client: Client, host: string, requestPath: string): Promise<string | null> {
  const { statusCode, body } = await client.request({ method: 'GET', path: requestPath, headers: { host } });
  const text = await body.text();
  assert.equal(statusCode, 200, `${host}${requestPath}: ${text}`);
  return text === '' ? null : text;
}

interface Asked {
  readonly host: string;
  readonly path: string;
}

async function compare(client: Client, apps: readonly EdgeApp[], requests: readonly Asked[]): Promise<number> {
  let found = 0;
  await Promise.all(
    requests.map(async ({ host, path: requestPath }) => {
      const expected = findApp(apps, host, requestPath);
      const answer = await ask(client, host, requestPath);
      const why = `${host}${requestPath} by ${JSON.stringify(expected?.route)}`;
      assert.equal(answer, expected?.app ?? null, why);
      if (expected !== null) found += 1;
    }),
  );
  return found;
}

for (const version of HAPROXY_VERSIONS) {
  test(`each accepted expression compiles in PCRE2 and matches what it matches here, HAProxy ${version}`, async (context) => {
    const random = new SeededRandom(7);
    const patterns = randomPatterns(random, 400);
    // A host each: which of two expressions matches first is not the question here.
    const apps = patterns.map((pattern, index) =>
      edgeApp(`app-${index}`, [{ host: `h${index}.example`, path_regex: pattern }]),
    );
    const client = await serveTables(context, routeTables(apps), version);
    let [matched, missed] = [0, 0];
    for (const [index, app] of apps.entries()) {
      const pattern = patterns[index] ?? '';
      const texts = Array.from({ length: 8 }, (_, at) => (at < 3 ? textLike(pattern, random) : randomText(random)));
      const requests = texts.map((text) => ({ host: `h${index}.example`, path: text }));
      const found = await compare(client, [app], requests);
      matched += found;
      missed += requests.length - found;
    }
    assert.ok(matched > 200 && missed > 200, `${matched} matched, ${missed} did not`);
  });
}
