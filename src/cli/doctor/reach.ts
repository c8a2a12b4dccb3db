/** Whether somebody answers at an address: with the probes that the node itself checks with. */
import { probeHttp } from '../../health/probe-http.js';
import { probeTcp } from '../../health/probe-tcp.js';
import type { ProxyVersion } from '../../model/app.js';

const TIMEOUT_MS = 1_000;
const CHECK = { path: null, intervalMs: 0, timeoutMs: TIMEOUT_MS, rise: 1, fall: 1 } as const;

interface Reached {
  readonly answers: boolean;
  /** `connection refused`, `status 503` */
  readonly detail: string;
}

export async function reachTcp(host: string, port: number): Promise<Reached> {
  const { hasPassed, detail } = await probeTcp({ host, port, check: CHECK });
  return { answers: hasPassed, detail };
}

/** A health port answers; its status does not matter. */
export async function reachHealthPort(host: string, port: number, sendProxy: ProxyVersion = 'none'): Promise<Reached> {
  const check = { ...CHECK, path: '/health-check' };
  const { hasPassed, detail } = await probeHttp({ host, port, check, sendProxy });
  return { answers: hasPassed || detail.startsWith('status '), detail };
}
