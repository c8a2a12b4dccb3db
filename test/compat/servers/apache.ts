import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CGI_PATHS, writeCgiScript } from './cgi.js';
import { COMMON_PAGES, LARGE_TEXT } from './pages.js';
import type { RealServer } from './real-server.js';

// mod_cgi, not cgid: nothing stays behind when it is killed.
const MODULES = ['mpm_event', 'authz_core', 'dir', 'alias', 'cgi'];

export const apache: RealServer = {
  name: 'apache2',
  packages: ['apache2'],
  needs: ['apache2', '/usr/lib/apache2/modules/mod_mpm_event.so'],
  keepAliveMs: 5_000,
  pages: COMMON_PAGES,
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'apache2.conf');
    const pages = path.join(folder, 'pages');
    const script = path.join(folder, 'script.sh');
    mkdirSync(pages);
    writeFileSync(path.join(pages, 'index.html'), 'ok');
    writeFileSync(path.join(pages, 'large'), LARGE_TEXT);
    writeCgiScript(script);
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
ScriptAliasMatch ^/${CGI_PATHS}$ ${script}
<Directory ${folder}>
  Require all granted
</Directory>
`,
    );
    // One process, in the foreground.
    return { command: ['apache2', '-X', '-f', file] };
  },
};
