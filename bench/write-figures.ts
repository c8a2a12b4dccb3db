/**
 * Writes the last results into the tables of docs/figures.md.
 *
 *   npm run bench:figures
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withFigures } from './figures-page.js';
import { readResults } from './results-file.js';

const PAGE = fileURLToPath(new URL('../../docs/figures.md', import.meta.url));
const before = readFileSync(PAGE, 'utf8');
const after = withFigures(before, readResults());
writeFileSync(PAGE, after);
console.log(after === before ? 'docs/figures.md was up to date.' : 'docs/figures.md has the last results now.');
