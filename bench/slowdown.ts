/**
 * Loaded into a worker before anything else, by the guard that wants to see itself fail: the reading of each request's
 * head does as much more work as AUTOPROXY_BENCH_SLOWDOWN says, in microseconds of CPU time. It changes the running
 * worker, never the code that is shipped.
 */
import { RequestHead } from '../src/http1/request-head.js';

const CALIBRATION_TURNS = 200_000;
const TRIALS = 20;
const parse = RequestHead.prototype.parse;
/** Where the work goes, so that the compiler cannot leave it out. */
let sink = 0;
const turns = Math.round(Number(process.env.AUTOPROXY_BENCH_SLOWDOWN ?? 0) * turnsPerMicrosecond());

RequestHead.prototype.parse = function parseSlowly(this: RequestHead, ...head: Parameters<typeof parse>) {
  sink = work(turns, sink);
  return parse.apply(this, head);
};

/** Turns, and not a time to wait for: a clock goes on while another process has the core, and work does not. */
function work(count: number, seed: number): number {
  let state = seed | 1;
  for (let turn = 0; turn < count; turn += 1) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

/** The best of some trials: the one that nobody interrupted, after the compiler has done its best. */
function turnsPerMicrosecond(): number {
  let best = 0;
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const startedAt = performance.now();
    sink = work(CALIBRATION_TURNS, sink);
    best = Math.max(best, CALIBRATION_TURNS / ((performance.now() - startedAt) * 1_000));
  }
  return best;
}
