import type { SessionEntry } from '../sessions-document.js';
import { sessionFilterFrom } from './session-filters.js';
import { formatFullSession, formatSession, nameSessions } from './session-text.js';
import type { Verb, VerbContext } from './stats-node.js';

const HEX = /^(0x)?[0-9a-f]+$/i;
const USAGE = `Usage: show sess [<id> | all | help] [<options>*]
Dumps active streams (formerly called 'sessions'). Available selectors:
   <id>         dump only this stream identifier (0x...)
   all          dump all matching streams in large format
   help         show this message
   susp         report streams considered suspicious
Available options: 
   older <age>  only display streams older than <age> seconds
   server <b/s> only show streams attached to this backend+server
   backend <b>  only show streams attached to this backend
   frontend <f> only show streams attached to this frontend
Without any argument, all streams are dumped in a shorter format.
`;

export const SHOW_SESSIONS: Verb = {
  words: ['show', 'sess'],
  usage: 'show sess [help|<id>|all] [opts...]',
  help: 'report the list of current streams or dump this exact stream',
  run: showSessions,
};

async function showSessions(args: readonly string[], { node }: VerbContext): Promise<string> {
  const [first = ''] = args;
  if (first === 'help') return USAGE;
  // What HAProxy suspects of having been forgotten, a node has none of.
  if (first === 'susp') return '';
  const id = HEX.test(first) ? first : null;
  const isFull = first === 'all' || id !== null;
  const { sessions, unlisted, missing } = await node.sessions(null);
  const view = await node.proxies();
  const fits = sessionFilterFrom(view, isFull ? args.slice(1) : args);
  if (typeof fits === 'string') return fits;
  const named = nameSessions(view, sessions);
  const chosen = named.filter((one) => (id === null || isSame(one.session, id)) && fits(one));
  if (id !== null && chosen.length === 0 && missing.length === 0) return 'Session not found.\n';
  return [
    ...chosen.map(isFull ? formatFullSession : formatSession),
    // HAProxy's lines begin with the pointer of a stream; these are for people, and no parser takes them for one.
    ...(unlisted > 0 ? [`# ${unlisted} younger sessions are not listed\n`] : []),
    ...missing.map(
      ({ worker, pid }) => `# worker ${worker} (pid ${pid}) does not answer: its sessions are not listed\n`,
    ),
  ].join('');
}

export const SHUTDOWN_SESSION: Verb = {
  words: ['shutdown', 'session'],
  usage: 'shutdown session [id]',
  help: 'kill a specific session',
  async run([id = ''], { node, by }) {
    if (!HEX.test(id)) return "Session pointer expected (use 'show sess').\n";
    const isKilled = await node.killSession(id, by);
    if (isKilled === null) return 'The worker of this session does not answer.\n';
    return isKilled ? '' : "No such session (use 'show sess').\n";
  },
};

function isSame({ id }: SessionEntry, word: string): boolean {
  return id.slice(2) === word.toLowerCase().replace(/^0x/, '');
}
