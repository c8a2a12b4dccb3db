/** What every contender has to do right before its speed is of interest. */
import { RawConnection } from '../test/support/traffic/raw-connection.js';
import type { Contender } from './contenders/contender.js';

/** No two of its pieces are alike. */
const POSTED = Array.from({ length: 128 }, (_, at) => String(at).padStart(8, '-')).join('');
/** So many requests to each instance show whether its connection is kept. */
const TURNS_EACH = 4;

/** @throws Error that says what the contender did wrong. */
export async function verifyContender(contender: Contender, instances: number): Promise<void> {
  const { host, name } = contender;
  const port = contender.ports[0] ?? 0;
  const fail = (what: string): never => {
    throw new Error(`${name} is not comparable: ${what}`);
  };
  let connection = await RawConnection.open(port, host);
  const upstreams = new Set<string>();
  for (let turn = 0; turn < TURNS_EACH * instances; turn += 1) {
    if (!contender.keepsAlive && turn > 0) connection = await RawConnection.open(port, host);
    connection.write('GET /echo HTTP/1.1\r\nHost: verify.example\r\n\r\n');
    const response = await connection.response();
    if (response.status !== 200) fail(`status ${response.status}`);
    const [hostField, forwardedFor = '', proto, upstreamConnection, serial] = response.body.split('|');
    if (hostField !== 'verify.example') fail(`Host became ${hostField}`);
    // Clients of 127.0.0.0/8 are left out by those who do as the old configuration did.
    if (forwardedFor !== '' && forwardedFor !== connection.socket.localAddress)
      fail(`X-Forwarded-For is ${forwardedFor}`);
    if (proto !== 'http') fail(`X-Forwarded-Proto is ${proto}`);
    if (contender.keepsAlive && upstreamConnection === 'close') fail('connections to instances are not kept');
    upstreams.add(serial ?? '');
  }
  // One client: at most as many connections as there are instances, if they are kept.
  if (contender.keepsAlive && upstreams.size > instances)
    fail(`${upstreams.size} connections to ${instances} instances for the requests of one client`);
  if (!contender.keepsAlive) connection = await RawConnection.open(port, host);
  connection.write(
    `POST /mirror HTTP/1.1\r\nHost: verify.example\r\nContent-Length: ${POSTED.length}\r\n\r\n${POSTED}`,
  );
  const posted = await connection.response('POST');
  if (posted.status !== 200 || posted.body !== POSTED)
    fail(`a body of ${POSTED.length} bytes came back as ${posted.body.length}, with status ${posted.status}`);
  if (!contender.keepsAlive) connection = await RawConnection.open(port, host);
  connection.write('GET /size/65536 HTTP/1.1\r\nHost: verify.example\r\n\r\n');
  const large = await connection.response();
  if (large.body.length !== 65_536) fail(`a body of 64 KB arrived with ${large.body.length} bytes`);
  connection.close();
}
