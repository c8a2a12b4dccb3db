/** Loopback addresses of one's own: two test files that run at once never meet, whatever ports they use. */
import { createServer } from 'node:net';

let used = 0;

/** 127.x.y.z, another one at each call and in each process. */
export function ownAddress(): string {
  used += 1;
  const low = process.pid & 0xffff;
  // 127.1 to 127.99: away from 127.0.0.x, which people and demos use.
  return `127.${1 + ((used * 7 + (process.pid >> 16)) % 99)}.${low >> 8}.${low & 0xff}`;
}

/** The kernel may choose a port again that is not bound yet: a slot and the admin API once had the same. */
const given = new Set<string>();

/** A port that is free on `host` just now, and so is the next one; neither was given to anybody else in this process. */
export async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = await listenBriefly(host, 0);
    if (port === null || port >= 65_000 || (await listenBriefly(host, port + 1)) === null) continue;
    const pair = [`${host}:${port}`, `${host}:${port + 1}`];
    if (pair.some((place) => given.has(place))) continue;
    for (const place of pair) given.add(place);
    return port;
  }
}

function listenBriefly(host: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host, port }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(bound));
    });
  });
}
