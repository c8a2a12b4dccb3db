/** A program: the clients of paced-traffic.ts; its plan is its argument, its parent gives orders. */
import { Agent, request } from 'node:http';
import type { ServedBy, TrafficOrder, TrafficPlan, TrafficReport } from './paced-traffic.js';

const TICK_MS = 2;
const GIVE_UP_MS = 15_000;
const BODY = Buffer.alloc(100, 'b');

const plan = JSON.parse(process.argv[2] ?? '') as TrafficPlan;
const connections = plan.connections ?? 16;
const agent = plan.isFresh === true ? false : new Agent({ keepAlive: true, maxSockets: connections });
const postEvery = Math.round(1 / (plan.postShare ?? 0.1));

let durations: number[] = [];
let failed = { GET: [] as string[], POST: [] as string[] };
let byContainer: Record<string, ServedBy> = {};
let startedAt = performance.now();
let sent = 0;
let served = 0;
let wrongApp = 0;
let isStopping = false;
let slowestSentMs = 0;
/** Requests at which an order is answered: those that have ended, or that one container has answered. */
let wanted = Number.POSITIVE_INFINITY;
let wantedBy: string | null = null;

function ask(method: 'GET' | 'POST'): void {
  const [dueAt, sentAt] = [performance.now(), Date.now()];
  let connectedAt = Number.POSITIVE_INFINITY;
  let isOver = false;
  const over = (failure: string | null): void => {
    if (isOver) return;
    isOver = true;
    const now = performance.now();
    durations.push(now - dueAt);
    slowestSentMs = Math.max(slowestSentMs, now - connectedAt);
    if (failure !== null) failed[method].push(`${(now - startedAt).toFixed(0)} ms: ${failure}`);
    obey();
  };
  const call = request(
    { host: plan.host, port: plan.port, path: plan.path ?? '/', method, agent, timeout: GIVE_UP_MS },
    (response) => {
      response.resume();
      response.on('end', () => {
        const { 'x-app': app, 'x-container': container, 'x-since-stop-ms': sinceStop } = response.headers;
        if (response.statusCode !== 200) return over(`status ${response.statusCode}`);
        note(String(container), sentAt, sinceStop === undefined ? null : Number(sinceStop));
        if (app === plan.app) served += 1;
        else wrongApp += 1;
        over(null);
      });
      response.on('error', (error) => over(`in the answer: ${error.message}`));
    },
  );
  call.on('socket', () => {
    connectedAt = performance.now();
  });
  call.on('timeout', () => call.destroy(new Error(`no answer within ${GIVE_UP_MS} ms`)));
  call.on('error', (error) => over(`${error.message}${call.reusedSocket ? ', on a kept connection' : ''}`));
  call.end(method === 'POST' ? BODY : undefined);
}

function note(container: string, sentAt: number, sinceStopMs: number | null): void {
  byContainer[container] ??= { served: 0, firstSentAt: sentAt, lastSentAt: sentAt, afterStop: 0, lastAfterStopMs: 0 };
  const known = byContainer[container];
  known.served += 1;
  known.lastSentAt = Math.max(known.lastSentAt, sentAt);
  if (sinceStopMs === null) return;
  known.afterStop += 1;
  known.lastAfterStopMs = Math.max(known.lastAfterStopMs, sinceStopMs);
}

function report(): TrafficReport {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return {
    served,
    failedGets: failed.GET,
    failedPosts: failed.POST,
    wrongApp,
    slowestMs: at(1),
    slowestSentMs,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    byContainer,
  };
}

function endedBy(container: string | null): number {
  return container === null ? durations.length : (byContainer[container]?.served ?? 0);
}

function obey(): void {
  const isDue = isStopping ? durations.length === sent : endedBy(wantedBy) >= wanted;
  if (!isDue) return;
  wanted = Number.POSITIVE_INFINITY;
  process.send?.(report());
}

function beginAgain(): void {
  durations = [];
  failed = { GET: [], POST: [] };
  byContainer = {};
  [sent, served, wrongApp, slowestSentMs] = [0, 0, 0, 0];
  startedAt = performance.now();
  isStopping = false;
}

process.on('message', (order: TrafficOrder) => {
  if (order === 'again') beginAgain();
  if (order === 'report' || order === 'again') process.send?.(report());
  else {
    if (order === 'stop') isStopping = true;
    else {
      wantedBy = order.by;
      wanted = endedBy(order.by) + order.more;
    }
    obey();
  }
});
process.on('disconnect', () => process.exit(0));

setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) * plan.rate) / 1_000);
  while (!isStopping && sent < due) {
    sent += 1;
    ask(sent % postEvery === 0 ? 'POST' : 'GET');
  }
}, TICK_MS);
