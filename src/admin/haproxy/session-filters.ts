/** The options of `show sess`, with HAProxy's words for what is wrong with them. Pure. */
import { findBackend, findServer } from './named-server.js';
import type { ProxyView } from './proxy-view.js';
import type { NamedSession } from './session-text.js';
import { timeMsFrom } from './time-text.js';

type SessionFilter = (session: NamedSession) => boolean;

/** @returns one line that says what is wrong */
export function sessionFilterFrom(view: ProxyView, words: readonly string[]): SessionFilter | string {
  const filters: SessionFilter[] = [];
  for (let index = 0; index < words.length; index += 2) {
    const filter = filterFrom(view, words[index] ?? '', words[index + 1]);
    if (typeof filter === 'string') return filter;
    filters.push(filter);
  }
  return (session) => filters.every((fits) => fits(session));
}

function filterFrom(view: ProxyView, option: string, value: string | undefined): SessionFilter | string {
  switch (option) {
    case 'older':
      return olderThan(value);
    case 'server': {
      if (value === undefined) return 'Missing server name (<backend>/<server>).\n';
      const found = findServer(view, value);
      if (typeof found === 'string') return found;
      return ({ backend, server }) => backend === found.backend.name && server === found.server.name;
    }
    case 'backend': {
      if (value === undefined) return 'Missing backend name.\n';
      const found = findBackend(view, value);
      return found === null ? 'No such backend.\n' : ({ backend }) => backend === found.name;
    }
    case 'frontend': {
      if (value === undefined) return 'Missing frontend name.\n';
      const isKnown = view.apps.some(({ app }) => app.name === value);
      return isKnown ? ({ session }) => session.app === value : 'No such frontend.\n';
    }
    default:
      return `Unsupported option '${option.slice(0, 100)}', try 'help' for more info.\n`;
  }
}

function olderThan(text: string | undefined): SessionFilter | string {
  if (text === undefined) return 'Expects a minimum age (in seconds by default).\n';
  const leastMs = timeMsFrom(text, 's');
  if (leastMs === null) return 'Invalid age.\n';
  return ({ session }) => session.ageMs >= leastMs;
}
