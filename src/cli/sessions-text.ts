/** What `autoproxy sessions` prints: one row a session, the oldest first. Pure. */
import type { SessionEntry, SessionsDocument } from '../admin/sessions-document.js';
import { countOf } from './count-text.js';
import { type Cell, formatAge, formatTable } from './table.js';
import type { Paint } from './terminal.js';

const COLUMNS = [
  { title: 'AGE', align: 'right' },
  { title: 'APP', least: 8 },
  { title: 'CLIENT', spare: 2 },
  { title: 'STAGE', spare: 1 },
  { title: 'INSTANCE' },
  { title: 'IN', align: 'right', spare: 4 },
  { title: 'OUT', align: 'right', spare: 3 },
  { title: 'ID', spare: 5 },
] as const;

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export function formatSessions(
  { sessions, unlisted, missing }: SessionsDocument,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const table =
    sessions.length === 0
      ? ['Nothing is under way.']
      : formatTable(
          COLUMNS,
          sessions.map((session) => cellsOf(session, paint)),
          (title) => paint('dim', title),
          width,
        );
  const notes = [
    ...(unlisted > 0 ? [`${countOf(unlisted, 'younger session')} more, not listed`] : []),
    ...missing.map(({ worker, pid }) => `worker ${worker} (pid ${pid}) does not answer: its sessions are missing here`),
  ];
  return [...table, ...notes.map((note) => paint('yellow', note))];
}

function cellsOf(session: SessionEntry, paint: Paint): Cell[] {
  const { id, app, client, stage, instance, isNeighbor, ageMs, bytesIn, bytesOut } = session;
  const stageStyle = stage === 'queued' || stage === 'connecting' ? 'yellow' : 'green';
  return [
    formatAge(ageMs),
    app,
    client,
    { text: stage, painted: paint(stageStyle, stage) },
    instance === null ? '-' : isNeighbor ? `${instance} (neighbor)` : instance,
    formatBytes(bytesIn),
    formatBytes(bytesOut),
    id,
  ];
}

/** `90 B`, `1.2 KB`, `34 MB`. */
function formatBytes(bytes: number): string {
  let [count, unit] = [bytes, 0];
  for (; count >= 1_000 && unit < UNITS.length - 1; unit += 1) count /= 1_000;
  return `${unit === 0 || count >= 10 ? Math.round(count) : count.toFixed(1)} ${UNITS[unit]}`;
}
