import { formatCsv } from './csv.js';
import { findBackend } from './named-server.js';
import { type RowChoice, rowsOf } from './rows.js';
import type { Verb, VerbContext } from './stats-node.js';
import { formatJson, formatTyped } from './typed-fields.js';

const NO_SUCH_PROXY = 'No such proxy.\n';

export const SHOW_STAT: Verb = {
  words: ['show', 'stat'],
  usage: 'show stat [desc|json|no-maint|typed|up]*',
  help: 'report counters for each proxy and server',
  run: showStat,
};

async function showStat(args: readonly string[], { node }: VerbContext): Promise<string> {
  const view = await node.proxies();
  let choice: RowChoice = {};
  let words = args;
  // `show stat [domain proxy] [{<iid>|<proxy>} <type> <sid>] [words]`.
  if (words[0] === 'domain') {
    if (words[1] !== 'proxy') return 'Invalid statistics domain.\n';
    words = words.slice(2);
  }
  if (words.length >= 3) {
    const [proxy = '', types = '', server = ''] = words;
    const named = /^-?\d+$/.test(proxy) ? Number(proxy) : findBackend(view, proxy)?.id;
    if (named === undefined) return NO_SUCH_PROXY;
    // HAProxy reads a text that is not a number as 0, which chooses nothing.
    choice = { proxy: named, types: Number(types) || 0, server: Number(server) || 0 };
    if (choice.types === -1) choice = { proxy: named, server: choice.server ?? -1 };
    words = words.slice(3);
  }
  const rows = rowsOf(view, { ...choice, isUpOnly: words.includes('up'), isWithoutMaint: words.includes('no-maint') });
  if (words.includes('json')) return formatJson(rows);
  return words.includes('typed') ? formatTyped(rows) : formatCsv(rows);
}
