/** The ratios as bars, one group for each comparison: what is left of the line is cheaper than the first contender. */
import { originLine, type Results } from './results.js';

const WIDTH = 900;
const LABELS = 300;
const ROW = 20;
const GROUP_HEAD = 28;
const TOP = 56;
/** Longer bars are cut, and their figure says so: one dear contender must not make the others unreadable. */
const MOST = 4;
const OWN = '#0b6e4f';
const OTHER = '#9aa5b1';

export function chartOf(results: Results): string {
  const parts: string[] = [];
  let y = TOP;
  for (const { title, unit, contenders } of results.comparisons) {
    if (contenders.every(({ ratio }) => ratio === null)) continue;
    parts.push(text(0, y + 18, `${title}: ${unit}`, 'bold'));
    y += GROUP_HEAD;
    for (const { name, value, ratio } of contenders) {
      const times = ratio?.median ?? 0;
      const width = Math.max(1, Math.min(times, MOST) * ((WIDTH - LABELS - 170) / MOST));
      const color = name.startsWith('autoproxy') ? OWN : OTHER;
      parts.push(text(12, y + 14, name, 'normal'));
      parts.push(`<rect x="${LABELS}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 6}" fill="${color}"/>`);
      const figure = `${times.toFixed(2)} ×${times > MOST ? ' …' : ''}  (${value.median.toPrecision(3)})`;
      parts.push(text(LABELS + width + 6, y + 14, figure, 'normal'));
      y += ROW;
    }
    y += 8;
  }
  const one = LABELS + (WIDTH - LABELS - 170) / MOST;
  const line = `<line x1="${one}" y1="${TOP}" x2="${one}" y2="${y}" stroke="#d64545" stroke-dasharray="3 3"/>`;
  const head = [
    text(0, 20, "Times the first contender's, in the same run; less is better", 'bold'),
    text(0, 40, originLine(results), 'normal'),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 ${WIDTH + 20} ${y + 10}" font-family="sans-serif" font-size="13">`,
    `<rect x="-10" y="0" width="${WIDTH + 20}" height="${y + 10}" fill="#ffffff"/>`,
    ...head,
    ...parts,
    line,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string, weight: 'bold' | 'normal'): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${x.toFixed(1)}" y="${y}" font-weight="${weight}" fill="#1f2933">${escaped}</text>`;
}
