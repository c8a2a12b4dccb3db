import { ENDPOINTS } from './endpoints.js';

/** Needs nothing from anywhere else, so the policy of the response can forbid everything. */
export function formatPage(): string {
  const rows = ENDPOINTS.filter(({ name }) => name !== 'page').map(({ method, path, help }) => {
    // A path with words to be filled in leads nowhere as it is.
    const isLink = method === 'GET' && !path.includes(':');
    const shown = isLink ? `<a href="${escapeHtml(path)}">${escapeHtml(path)}</a>` : escapeHtml(path);
    return `<tr><td>${method}</td><td>${shown}</td><td>${escapeHtml(help)}</td></tr>`;
  });
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>autoproxy</title></head><body>',
    '<h1>autoproxy</h1>',
    '<table>',
    ...rows,
    '</table>',
    '</body></html>',
    '',
  ].join('\n');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
