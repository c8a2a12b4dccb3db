import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealServer } from './real-server.js';

/** The server that PHP has built in. */
export const php: RealServer = {
  name: 'php',
  packages: ['php-cli'],
  needs: ['php'],
  keepAliveMs: 0,
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'program.php');
    writeFileSync(file, "<?php header('Content-Type: text/plain'); echo 'ok';\n");
    return { command: ['php', '-q', '-S', `${host}:${port}`, file] };
  },
};
