/**
 * Loaded into a worker before anything else, by the guard that wants to see itself fail: the reading of each request's
 * head does so much more work that a request costs AUTOPROXY_BENCH_SLOWDOWN percent more. It changes the running worker,
 * never the code that is shipped.
 *
 * The work is fitted to the requests while they run: how fast a processor is differs by more than a factor of two within a
 * minute where machines share one: a tenth that was measured before the requests may be a twentieth of them.
 */
import { RequestHead } from '../src/http1/request-head.js';

/** What the work takes of all: 10 % more is a share of 10 in 110. */
const percent = Number(process.env.AUTOPROXY_BENCH_SLOWDOWN ?? 0);
const SHARE = percent / (100 + percent);
/** The work is fitted anew after so many requests, and timed in one of so many. */
const FIT_EVERY = 4_096;
const TIME_EVERY = 32;
const FIRST_TURNS = 100;

const parse = RequestHead.prototype.parse;
/** Where the work goes, so that the compiler cannot leave it out. */
let sink = 0;
let turns = FIRST_TURNS;
let requests = 0;
let cpu = process.cpuUsage();
let times: number[] = [];

// No rest parameter: an array for each request would be work beside the work.
RequestHead.prototype.parse = function parseSlowly(this: RequestHead, bytes, from, to, limits, isTrusted) {
  requests += 1;
  if (requests % TIME_EVERY === 0) timeWork();
  else sink = work(turns, sink);
  if (requests % FIT_EVERY === 0) fit();
  return parse.call(this, bytes, from, to, limits, isTrusted);
};

/** Turns, and not a time to wait for: a clock goes on while another process has the core, and work does not. */
function work(count: number, seed: number): number {
  let state = seed | 1;
  for (let turn = 0; turn < count; turn += 1) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

function timeWork(): void {
  const startedAt = performance.now();
  sink = work(turns, sink);
  times.push(performance.now() - startedAt);
}

/** The median: some were interrupted. */
function fit(): void {
  const { user, system } = process.cpuUsage(cpu);
  const perTurn = ((times.sort((one, other) => one - other)[times.length >> 1] ?? 0) * 1_000) / turns;
  const wanted = ((user + system) / FIT_EVERY) * SHARE;
  if (perTurn > 0) turns = Math.max(1, Math.round(wanted / perTurn));
  cpu = process.cpuUsage();
  times = [];
}
