import type { CommandContext } from '../../src/cli/command-context.js';
import { plainPaint } from '../../src/cli/terminal.js';

/** For a program that is looked at and not run. */
export const describingContext: CommandContext = {
  terminal: {
    isInteractive: false,
    columns: 120,
    rows: 40,
    paint: plainPaint,
    write: () => {},
    print: () => {},
    warn: () => {},
    onReaderGone: () => () => {},
  },
  env: {},
  defaults: {
    servicesDir: '/etc/autoproxy.d/services',
    admin: {
      socket: '/var/lib/autoproxy/admin.sock',
      address: { host: '127.0.0.1', port: 1_936 },
      isOwn: true,
      doubt: null,
    },
    adminPort: 1_936,
    adminTokenFile: null,
  },
  finish: () => {},
};
