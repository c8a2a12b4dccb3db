import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealServer } from './real-server.js';

export const lighttpd: RealServer = {
  name: 'lighttpd',
  packages: ['lighttpd'],
  needs: ['lighttpd'],
  keepAliveMs: 5_000,
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'lighttpd.conf');
    const pages = path.join(folder, 'pages');
    mkdirSync(pages);
    // Its static files refuse POST.
    writeFileSync(path.join(pages, 'index.sh'), "printf 'Content-Type: text/plain\\r\\n\\r\\nok'\n");
    writeFileSync(
      file,
      `server.modules = ("mod_cgi")
server.bind = "${host}"
server.port = ${port}
server.document-root = "${pages}"
server.errorlog = "${folder}/error.log"
index-file.names = ("index.sh")
cgi.assign = (".sh" => "/bin/sh")
`,
    );
    return { command: ['lighttpd', '-D', '-f', file] };
  },
};
