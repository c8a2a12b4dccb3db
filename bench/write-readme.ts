/**
 * Writes the last results into the README's table of figures.
 *
 *   npm run bench:readme
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withFigures } from './readme-figures.js';
import { readResults } from './results-file.js';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const before = readFileSync(README, 'utf8');
const after = withFigures(before, readResults());
writeFileSync(README, after);
console.log(after === before ? 'README.md had them already.' : 'README.md has the figures of the last results.');
