import { createServer } from '../../core/node-http.js';

/** Whether each of `hosts` lets us listen on `port` now. Somebody may take it a moment later; the caller then fails. */
export async function isPortFree(hosts: readonly string[], port: number): Promise<boolean> {
  for (const host of hosts) if ((await listenOnce(host, port)) === null) return false;
  return true;
}

/** `preferred` when it is free on `host`, else one that the system gives. */
export async function freePort(host: string, preferred: number): Promise<number> {
  return (await listenOnce(host, preferred)) ?? (await listenOnce(host, 0)) ?? preferred;
}

/** The first of `preferred`, `preferred + step`, ... that is free on all hosts together with the port after it. */
export async function freeSlot(hosts: readonly string[], preferred: number, step: number): Promise<number> {
  for (let slot = preferred; slot < 65_000; slot += step) {
    if ((await isPortFree(hosts, slot)) && (await isPortFree(hosts, slot + 1))) return slot;
  }
  return preferred;
}

/** @returns the port that was bound and let go again, or null when it is taken. */
function listenOnce(host: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, host, () => {
      const bound = (server.address() as { readonly port: number }).port;
      server.close(() => resolve(bound));
    });
  });
}
