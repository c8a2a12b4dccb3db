/** `edge run` with real HAProxy: what becomes of a certificate's file takes no host off a running front door. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { atEnd } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { makeCertificate } from '../../support/edge/test-certificates.js';
import { eventually } from '../../support/eventually.js';

const HOSTS = ['one.example', 'shop.one.example'];
const SHOP = `name: shop
pods: [alpha]
protocol: http
slot: 21320
edge:
  routes: [${HOSTS.map((host) => `{host: ${host}}`).join(', ')}]
`;

/** Each leaves `file` in a state that an editor, a full disk, or a tool for renewals leaves it in. */
const STATES: readonly (readonly [what: string, said: RegExp, write: (file: string, whole: string) => void])[] = [
  ['emptied', /one\.pem: .*the file is empty/, (file) => writeFileSync(file, '')],
  ['cut to 300 bytes', /has no line -----END/, (file, whole) => writeFileSync(file, whole.slice(0, 300))],
  ['the key alone', /the files have no certificate/, (file, whole) => writeFileSync(file, whole.slice(keyAt(whole)))],
  [
    'the certificate alone',
    /the files have no key/,
    (file, whole) => writeFileSync(file, whole.slice(0, keyAt(whole))),
  ],
  ['a directory', /it is a directory/, (file) => mkdirSync(file)],
  ['a dangling link', /a link to archive\/one\.pem/, (file) => symlinkSync('archive/one.pem', file)],
  ['removed', /this file does not exist/, () => {}],
  [
    'renewed without a name',
    /the certificate does not cover shop\.one\.example any more, which has routes/,
    (file) => {
      const { certificate, key } = makeCertificate({ names: ['one.example'], subject: 'fewer names' });
      writeFileSync(file, certificate + key);
    },
  ],
];

function keyAt(whole: string): number {
  return whole.search(/-----BEGIN [A-Z ]*PRIVATE KEY/);
}

/** As curl sees it. */
async function status({ address, ports }: EdgeDeployment, host: string): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', [
    ...['--silent', '--insecure', '--haproxy-protocol', '--max-time', '5', '--output', '/dev/null'],
    ...[
      '--resolve',
      `${host}:${ports.https}:${address}`,
      '--write-out',
      '%{http_code}',
      `https://${host}:${ports.https}/`,
    ],
  ]).catch((error: { stdout: string }) => error);
  return stdout;
}

test('all hosts of a domain without names serve on when its file is damaged or gone, and over restarts', async (context) => {
  const edge = await EdgeDeployment.create(context, { version: '2.6' });
  edge.writeApp('shop', SHOP);
  await edge.startServers(context, SHOP);
  await edge.run();
  await edge.settled();
  atEnd(context, () => context.diagnostic(edge.log));
  const file = path.join(edge.folder, 'one.pem');
  const whole = readFileSync(file, 'utf8');
  const inForce = await edge.directory.current();

  const assertServed = async (): Promise<void> => {
    for (const host of HOSTS) assert.equal(await status(edge, host), '200', host);
    assert.equal(await edge.directory.current(), inForce, 'the release that served is in force');
  };

  await assertServed();
  for (const [what, said, write] of STATES)
    await context.test(what, async () => {
      const saidUntilNow = edge.log.length;
      rmSync(file, { recursive: true, force: true });
      write(file, whole);
      await eventually('it is said', async () => said.test(edge.log.slice(saidUntilNow)));
      assert.match(edge.log.slice(saidUntilNow), /its last good version stays in use/);
      await assertServed();
    });

  await context.test('a new edge run takes HAProxy over while the file is away', async () => {
    await edge.stop('SIGKILL');
    await edge.run();
    await eventually('it is said', async () => edge.log.includes('its last good version stays in use'));
    await assertServed();
  });

  await context.test('HAProxy starts anew while the file is away', async () => {
    assert.equal(await edge.stop(), 0);
    await edge.run();
    await eventually('it is said', async () => edge.log.includes('its last good version stays in use'));
    await assertServed();
  });

  assert.equal(await edge.stop(), 0);
});
