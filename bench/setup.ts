/**
 * Brings what the benchmarks measure with and beside: wrk, HAProxy, nginx and Caddy, installed as root on Debian; HAProxy 3.0 and 3.2
 * and newer Nodes, fetched into the cache. Elsewhere it says what is missing. The contenders of npm come with `npm install`.
 *
 *   npm run bench:setup
 */
import { prepareHaproxys } from '../test/support/edge/haproxy-versions.js';
import { findProgram, installPackages, prepareComponents } from '../test/support/machine/components.js';
import { NEWER_NODES, nodeOfLine, prepareNodes } from './node-versions.js';

try {
  for (const [program, file] of Object.entries(await prepareComponents())) console.log(`${program}: ${file}`);
  if (findProgram('caddy') === null) await installPackages(['caddy']);
  await prepareHaproxys();
  await prepareNodes();
  for (const major of NEWER_NODES) console.log(`node ${major}: ${nodeOfLine(major)}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
