/** Takes a state directory, says so or why not on its standard output, and waits. */
import { runDirectoryOf } from '../../src/cluster/run-directory.js';
import { StateClaim } from '../../src/cluster/state-claim.js';

const stateDirectory = process.argv[2] ?? '';
const holder = { pid: process.pid, node: 'other', admin: '127.0.0.1:1937' };
const said = await StateClaim.take({ stateDirectory, runDirectory: runDirectoryOf(stateDirectory), holder }).then(
  () => 'held',
  (error: Error) => error.message,
);
process.stdout.write(`${said}\n`);
if (said === 'held') setInterval(() => {}, 1_000);
