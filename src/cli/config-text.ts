/** What `autoproxy config` prints. Pure. */
import type { ConfigDocument, ConfigOption } from '../admin/config-document.js';
import { escapeText } from '../model/problem.js';
import { type Cell, formatTable } from './table.js';
import type { Paint } from './terminal.js';

const COLUMNS = [{ title: 'OPTION' }, { title: 'VALUE', least: 10 }, { title: 'FROM', least: 10, spare: 1 }] as const;

export function formatConfig(
  { node, file, options }: ConfigDocument,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const head = `${paint('bold', escapeText(node))}: ${file === null ? 'no file of options' : `options of ${escapeText(file)}`}`;
  const rows = options.map((option): Cell[] => {
    const from = option.place === null ? 'default' : escapeText(option.place);
    const isOwn = option.origin !== 'default';
    return [
      isOwn ? { text: option.name, painted: paint('bold', option.name) } : option.name,
      valueText(option),
      isOwn ? from : { text: from, painted: paint('dim', from) },
    ];
  });
  return [head, '', ...formatTable(COLUMNS, rows, (title) => paint('dim', title), width)];
}

function valueText({ value, origin, place, isSecret }: ConfigOption): string {
  if (isSecret && origin !== 'default') return `(set, from ${escapeText(place ?? origin)})`;
  return value === null ? '-' : escapeText(value);
}
