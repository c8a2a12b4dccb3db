/**
 * A services directory that is read while no descriptor is left, and again when there are some. Says `full` and `free` with
 * the number of apps and the first problem.
 */
import { closeSync, openSync } from 'node:fs';
import { DirectorySource } from '../../../src/sources/directory/directory-source.js';
import { testClock } from '../../support/node/services-directory.js';

const hoard: number[] = [];
/** So many are left, for the program itself. */
const LEFT = Number(process.argv[3]);

function fill(): void {
  try {
    for (;;) hoard.push(openSync('/dev/null', 'r'));
  } catch {
    for (let count = 0; count < LEFT; count += 1) closeSync(hoard.pop() ?? 0);
  }
}

const keepAlive = setInterval(() => {}, 1_000);
const source = new DirectorySource({
  directory: process.argv[2] ?? '',
  clock: testClock,
  rescanMs: 50,
  isWatching: false,
});
let isFull = true;
fill();
source.start({
  onReading: ({ apps, problems }) => {
    process.stdout.write(`${JSON.stringify({ isFull, apps: apps.length, problem: problems[0]?.message ?? null })}\n`);
    if (!isFull) return;
    isFull = false;
    for (const descriptor of hoard.splice(0)) closeSync(descriptor);
  },
  onConfirmed: () => {},
  onAbsent: () => {},
  onFailure: (reason) => {
    process.stdout.write(`${JSON.stringify({ isFull, failure: reason })}\n`);
    isFull = false;
    for (const descriptor of hoard.splice(0)) closeSync(descriptor);
  },
});
process.on('SIGTERM', () => {
  clearInterval(keepAlive);
  void source.stop();
});
