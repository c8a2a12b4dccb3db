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

/**
 * Below the ports that the kernel gives by itself (32 768 on): it could give one to another program before the test binds it, or
 * while a program of the test restarts.
 */
const FIRST_PORT = 10_000;
const PORTS = 10_000;
/** Tests put more slots at the next even ports; each even port comes once in `PORTS / 2` calls. */
const APART = 202;
/** Processes that run at once begin at places of their own, for the sake of 127.0.0.1. */
let nextPort = (process.pid * 100) % PORTS;

/** A port that is free on `host` just now, and so is the next one; each call gives others, until all have been given. */
export async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + nextPort;
    nextPort = (nextPort + APART) % PORTS;
    if ((await isFree(host, port)) && (await isFree(host, port + 1))) return port;
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port }, () => server.close(() => resolve(true)));
  });
}
