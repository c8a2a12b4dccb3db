/** What every contender has to do right before its speed is of interest. */
import { RawConnection } from '../test/support/raw-connection.js';
import type { Contender } from './contenders/contender.js';

/** @throws Error that says what the contender did wrong. */
export async function verifyContender(contender: Contender): Promise<void> {
  const { host, name } = contender;
  const port = contender.ports[0] ?? 0;
  const fail = (what: string): never => {
    throw new Error(`${name} is not comparable: ${what}`);
  };
  let connection = await RawConnection.open(port, host);
  const upstreams = new Set<string>();
  for (let turn = 0; turn < 12; turn += 1) {
    if (!contender.keepsAlive && turn > 0) connection = await RawConnection.open(port, host);
    connection.write('GET /echo HTTP/1.1\r\nHost: verify.example\r\n\r\n');
    const response = await connection.response();
    if (response.status !== 200) fail(`status ${response.status}`);
    const [hostField, , proto, upstreamConnection, serial] = response.body.split('|');
    if (hostField !== 'verify.example') fail(`Host became ${hostField}`);
    if (proto !== 'http') fail(`X-Forwarded-Proto is ${proto}`);
    if (contender.keepsAlive && upstreamConnection === 'close') fail('connections to instances are not kept');
    upstreams.add(serial ?? '');
  }
  // One client: as many connections to the three instances as there are instances, if they are kept.
  if (contender.keepsAlive && upstreams.size > 3)
    fail(`${upstreams.size} connections to instances for 12 requests of one client`);
  if (!contender.keepsAlive) connection = await RawConnection.open(port, host);
  connection.write('GET /size/65536 HTTP/1.1\r\nHost: verify.example\r\n\r\n');
  const large = await connection.response();
  if (large.body.length !== 65_536) fail(`a body of 64 KB arrived with ${large.body.length} bytes`);
  connection.close();
}
