import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { AdminClientError } from '../admin/client-error.js';
import type { NodeEvent } from '../admin/events-document.js';
import { momentFrom } from '../admin/events-query.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode, connectTo } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { formatEvent, formatEvents } from './events-text.js';
import { interruptible } from './interruption.js';
import { withAppOnly } from './one-app.js';
import { printLines, type Terminal } from './terminal.js';

interface EventsOptions extends AdminOptionValues {
  readonly since?: number;
  readonly limit?: number;
  readonly follow?: true;
  readonly json?: true;
}

/** How long the node holds an answer back; then it is asked again. */
const WAIT_MS = 20_000;
/** Before a node that does not answer, or has no place for one who waits, is asked again. */
const PAUSE_MS = 1_000;
const DAY_MS = 86_400_000;
const MAX_LIMIT = 10_000;

export function createEventsCommand({ terminal, defaults }: CommandContext): Command {
  return new Command('events')
    .description('list what happened on the node, also before a restart: changes, checks, decisions, bleed, sources')
    .argument('[app]', 'list what happened to this app alone')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .option('--since <TIME>', 'only later ones: 10m ago, 02:13, or 2026-01-02T03:04:05Z', sinceArgument)
    .option('--limit <N>', 'the newest N; the node gives a thousand otherwise', limitArgument)
    .option('--follow', 'go on with each new event, also over a restart of the node')
    .option('--json', 'as JSON; with --follow a line for each event')
    .addHelpText(
      'after',
      '\nExit code 1 when the node neither has the app nor remembers it.\n\nExample:\n  autoproxy events --since 10m\n' +
        '  autoproxy events shop --follow',
    )
    .action(async (app: string | undefined, options: EventsOptions) => {
      const { since, limit, follow, json } = options;
      const query = { app: app ?? null, sinceMs: since ?? null, ...(limit === undefined ? {} : { limit }) };
      const document = await askNode(options, (client) => client.readEvents(query));
      const { events, last } = document;
      if (app !== undefined && events.length === 0) await knownOnly(options, app);
      if (json && !follow) terminal.print(JSON.stringify(document, null, 2));
      else if (json) for (const event of events) terminal.print(JSON.stringify(event));
      else if (events.length > 0 || follow) printLines(terminal, formatEvents(events, terminal.paint));
      else terminal.print(`Nothing happened${app === undefined ? '' : ` to ${app}`} that this node remembers.`);
      if (!follow) return;
      const show = (event: NodeEvent): void =>
        json ? terminal.print(JSON.stringify(event)) : printLines(terminal, [formatEvent(event, terminal.paint)]);
      const unread = new AbortController();
      const stopListening = terminal.onReaderGone(() => unread.abort());
      await interruptible((interrupt) => {
        const end = AbortSignal.any([interrupt, unread.signal]);
        return followEvents({ node: options, app: app ?? null, last, show, end, terminal });
      }).finally(stopListening);
    });
}

/** @throws CommandFailure for an app that the node neither has nor remembers */
async function knownOnly(node: AdminOptionValues, app: string): Promise<void> {
  const { events } = await askNode(node, (client) => client.readEvents({ app, limit: 1 }));
  if (events.length === 0) withAppOnly(await askNode(node, (client) => client.readState()), app);
}

interface Following {
  readonly node: AdminOptionValues;
  readonly app: string | null;
  /** Id of the newest event that was there. */
  readonly last: number;
  readonly show: (event: NodeEvent) => void;
  readonly end: AbortSignal;
  readonly terminal: Terminal;
}

/** Until it is ended. A node that does not answer is asked again for ever: it may be starting anew. */
async function followEvents({ node, app, last, show, end, terminal }: Following): Promise<void> {
  let after = last;
  let isSilent = false;
  while (!end.aborted) {
    const { client } = await connectTo(node);
    const close = (): void => client.close();
    end.addEventListener('abort', close);
    const askedAt = performance.now();
    try {
      const document = await client.readEvents({ app, after, waitMs: WAIT_MS });
      if (isSilent) terminal.warn(`autoproxy: the node at ${client.address} answers again`);
      isSilent = false;
      for (const event of document.events) show(event);
      after = document.more ? (document.events.at(-1)?.id ?? after) : document.last;
      // With no place for one who waits, the answer is empty at once.
      if (document.events.length === 0 && performance.now() - askedAt < PAUSE_MS) await pause(end);
    } catch (error) {
      if (end.aborted) return;
      if (!(error instanceof AdminClientError) || error.kind === 'refused') throw error;
      if (!isSilent) terminal.warn(`autoproxy: ${error.message}; asking again until it answers`);
      isSilent = true;
      await pause(end);
    } finally {
      end.removeEventListener('abort', close);
      client.close();
    }
  }
}

function pause(end: AbortSignal): Promise<void> {
  return delay(PAUSE_MS, undefined, { signal: end }).catch(() => {});
}

/** `02:13` is the last time that the clock of this machine showed it. */
function sinceArgument(text: string): number {
  const now = Date.now();
  const clock = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text);
  if (clock !== null) {
    const [hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map((part) => Number(part ?? 0));
    const moment = new Date(now).setHours(hours, minutes, seconds, 0);
    if (hours < 24 && minutes < 60 && seconds < 60) return moment > now ? moment - DAY_MS : moment;
  }
  const moment = momentFrom(text, now);
  if (Number.isNaN(moment)) throw new InvalidArgumentError('write 10m, 02:13 or 2026-01-02T03:04:05Z.');
  return moment;
}

function limitArgument(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw new InvalidArgumentError(`write a number from 1 to ${MAX_LIMIT}.`);
  return limit;
}
