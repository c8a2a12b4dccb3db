/**
 * Nanoseconds of the pieces of the hot path, each alone: what a change of one of them gives, before the sockets hide it.
 *
 *   npm run bench:micro -- [--samples 9] [--sample-ms 100]
 */
import { parseArgs } from 'node:util';
import { machineLine } from './machine.js';
import { BALANCE } from './micro/balance.js';
import { CODEC } from './micro/codec.js';
import { FRAMING } from './micro/framing.js';
import { measureSuite } from './micro/timing.js';
import { comparisonTable } from './report.js';

const { values } = parseArgs({
  options: { samples: { type: 'string', default: '9' }, 'sample-ms': { type: 'string', default: '100' } },
});
const options = { samples: Number(values.samples), sampleMs: Number(values['sample-ms']) };

console.log(machineLine());
for (const suite of [CODEC, FRAMING, BALANCE]) console.log(`\n${comparisonTable(measureSuite(suite, options))}`);
