import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealServer } from './real-server.js';

const MODULES = ['mpm_event', 'authz_core', 'dir'];

export const apache: RealServer = {
  name: 'apache2',
  packages: ['apache2'],
  needs: ['apache2', '/usr/lib/apache2/modules/mod_mpm_event.so'],
  keepAliveMs: 5_000,
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'apache2.conf');
    const pages = path.join(folder, 'pages');
    mkdirSync(pages);
    writeFileSync(path.join(pages, 'index.html'), 'ok');
    writeFileSync(
      file,
      `${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`).join('')}
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
ServerName localhost
Listen ${host}:${port}
DocumentRoot ${pages}
DirectoryIndex index.html
<Directory ${pages}>
  Require all granted
</Directory>
`,
    );
    // One process, in the foreground.
    return { command: ['apache2', '-X', '-f', file] };
  },
};
