import { Command } from 'commander';
import type { SessionsDocument } from '../admin/sessions-document.js';
import { type AdminOptionValues, adminOption, adminTokenOption, askNode } from './admin-option.js';
import type { CommandContext } from './command-context.js';
import { withAppOnly } from './one-app.js';
import { type ReadingOptionValues, showReading, watchOption, watchPause } from './reading.js';
import { formatSessions } from './sessions-text.js';
import { widthOf } from './terminal.js';

interface SessionsOptions extends AdminOptionValues, ReadingOptionValues {}

export function createSessionsCommand({ terminal, defaults }: CommandContext): Command {
  return new Command('sessions')
    .description('list what is under way, the oldest first: requests, WebSockets, TCP clients; a drain waits for them')
    .argument('[app]', 'list those of this app alone')
    .addOption(adminOption(defaults))
    .addOption(adminTokenOption(defaults))
    .addOption(watchOption('each table shows what is then'))
    .option('--json', 'as JSON; with --watch a line for each table')
    .addHelpText('after', '\nExample:\n  autoproxy sessions\n  autoproxy sessions shop --watch 1s')
    .action(async (app: string | undefined, options: SessionsOptions) => {
      await showReading<SessionsDocument>(terminal, {
        everyMs: watchPause(options),
        isJson: options.json === true,
        read: () => readSessions(options, app),
        lines: (document) => formatSessions(document, { paint: terminal.paint, width: widthOf(terminal) }),
        json: (document) => document,
      });
    });
}

/** An app that is gone may have sessions; one that has none must be there. */
async function readSessions(options: AdminOptionValues, app: string | undefined): Promise<SessionsDocument> {
  const document = await askNode(options, (client) => client.readSessions(app ?? null));
  if (app !== undefined && document.sessions.length === 0)
    withAppOnly(await askNode(options, (client) => client.readState()), app);
  return document;
}
