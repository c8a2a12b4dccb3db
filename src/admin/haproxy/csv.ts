import { COLUMNS } from './columns.js';
import type { Row, Value } from './row-values.js';

/** Where HAProxy's own columns end and those of its modules begin. */
const END_OF_COLUMNS = '-';

/** `show stat` without a word: one line of names, one line a row, each with a comma at its end, as HAProxy writes it. */
export function formatCsv(rows: readonly Row[]): string {
  const names = `# ${COLUMNS.map(({ name }) => name).join(',')},${END_OF_COLUMNS},`;
  return `${[names, ...rows.map(lineOf)].join('\n')}\n`;
}

function lineOf({ values }: Row): string {
  return `${COLUMNS.map(({ name }) => fieldOf(values[name] ?? null)).join(',')},${END_OF_COLUMNS},`;
}

/** In quotes only where it must be, and on one line, so that scripts may cut at commas. */
function fieldOf(value: Value): string {
  if (value === null) return '';
  const text = String(value).replaceAll('\n', ' ').replaceAll('\r', ' ');
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
