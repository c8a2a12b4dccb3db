/**
 * Brings what the benchmarks measure with and beside: wrk, HAProxy, nginx. As root on Debian it installs them, elsewhere it
 * says what is missing. The contenders of npm come with `npm install`.
 *
 *   npm run bench:setup
 */
import { prepareComponents } from '../test/support/machine/components.js';

try {
  for (const [program, file] of Object.entries(await prepareComponents())) console.log(`${program}: ${file}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
