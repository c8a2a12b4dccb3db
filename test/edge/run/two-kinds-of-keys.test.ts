/** `edge run` with real HAProxy: RSA and ECDSA for one domain, each client its own kind, also after a renewal. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { ownAddress } from '../../support/addresses.js';
import { atEnd, type Ending } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS } from '../../support/edge/haproxy-versions.js';
import { makeCertificate } from '../../support/edge/test-certificates.js';
import { eventually } from '../../support/eventually.js';

const NAME = 'both.example';
const RSA = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
const SHOP = `name: shop\npods: [alpha]\nprotocol: http\nslot: 21330\nedge:\n  routes: [{host: ${NAME}}]\n`;

/** What a client offers, and the kind that it can read. */
const CLIENTS: readonly (readonly [kind: 'rsa' | 'ecdsa', offer: readonly string[]])[] = [
  // HAProxy 2.6 counts no PSS as RSA; clients that read RSA offer PKCS #1 too, for the signatures of certificates.
  ['rsa', ['-tls1_3', '-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256']],
  ['ecdsa', ['-tls1_3', '-sigalgs', 'ECDSA+SHA256']],
  // As browsers: both versions and both kinds. 2.6 shows RSA to one that reads both and speaks TLS 1.3 alone.
  ['ecdsa', ['-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA256']],
  ['rsa', ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256']],
  ['ecdsa', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256']],
];

/** openssl speaks no PROXY protocol: the balancer in front of the edge. */
async function startBalancer(context: Ending, { address, ports }: EdgeDeployment): Promise<string> {
  const own = ownAddress();
  const server = createServer((client) => {
    const socket = connect({ host: address, port: ports.https });
    socket.write('PROXY TCP4 127.0.0.9 127.0.0.9 4711 443\r\n');
    client.pipe(socket).pipe(client);
    for (const end of [client, socket]) end.on('error', () => [client, socket].forEach((each) => void each.destroy()));
  });
  server.listen(0, own);
  await once(server, 'listening');
  atEnd(context, () => void server.close());
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? `${own}:${bound.port}` : '';
}

/** @returns the common name of the certificate that the client is shown */
async function subjectAt(balancer: string, offer: readonly string[]): Promise<string> {
  const client = spawn('openssl', ['s_client', '-connect', balancer, '-servername', NAME, ...offer]);
  client.stdin.end();
  let said = '';
  client.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(client, 'close');
  return /^subject=.*CN ?= ?(\S+)$/m.exec(said)?.[1] ?? said;
}

/** 2.6 chooses the kind in its own way; 3.0 does it as 3.2. */
for (const version of HAPROXY_ENDS)
  test(`each client gets the kind of key that it can read, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    const write = (kind: string, subject: string): void => {
      const { certificate, key } = makeCertificate({ names: [NAME], subject, ...(kind === 'rsa' ? { key: RSA } : {}) });
      writeFileSync(path.join(edge.folder, 'next.pem'), certificate + key);
      copyFileSync(path.join(edge.folder, 'next.pem'), path.join(edge.folder, `both.pem.${kind}`));
    };
    for (const kind of ['rsa', 'ecdsa']) write(kind, `${kind}-1`);
    edge.writeSite('', edge.ports, [`{name: ${NAME}, certificate: [both.pem.rsa, both.pem.ecdsa]}`]);
    edge.writeApp('shop', SHOP);
    await edge.startServers(context, SHOP);
    await edge.run();
    await edge.settled();
    atEnd(context, () => context.diagnostic(edge.log));
    const balancer = await startBalancer(context, edge);
    const worker = await edge.workerPid();

    for (const [kind, offer] of CLIENTS) assert.equal(await subjectAt(balancer, offer), `${kind}-1`, offer.join(' '));

    for (const kind of ['rsa', 'ecdsa']) {
      write(kind, `${kind}-2`);
      const offer = CLIENTS.find(([own]) => own === kind)?.[1] ?? [];
      await eventually('the renewed one is served', async () => (await subjectAt(balancer, offer)) === `${kind}-2`);
    }
    for (const [kind, offer] of CLIENTS) assert.equal(await subjectAt(balancer, offer), `${kind}-2`, offer.join(' '));

    writeFileSync(path.join(edge.folder, 'both.pem.rsa'), '');
    await eventually('the fault is said', async () =>
      /both\.pem\.rsa: .*its last good version stays in use/.test(edge.log),
    );
    for (const [kind, offer] of CLIENTS) assert.equal(await subjectAt(balancer, offer), `${kind}-2`, offer.join(' '));
    assert.equal(await edge.workerPid(), worker, 'without a reload');
    assert.equal((await edge.ask({ hosts: [NAME] })).status, 200);
    assert.equal(await edge.stop(), 0);
  });
