import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CGI_PATHS, writeCgiScript } from './cgi.js';
import { COMMON_PAGES, LARGE_TEXT } from './pages.js';
import type { RealServer } from './real-server.js';

export const lighttpd: RealServer = {
  name: 'lighttpd',
  packages: ['lighttpd'],
  needs: ['lighttpd'],
  keepAliveMs: 5_000,
  pages: COMMON_PAGES,
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'lighttpd.conf');
    const pages = path.join(folder, 'pages');
    mkdirSync(pages);
    // Its static files refuse POST.
    writeFileSync(path.join(pages, 'index.sh'), "printf 'Content-Type: text/plain\\r\\n\\r\\nok'\n");
    writeFileSync(path.join(pages, 'large'), LARGE_TEXT);
    writeCgiScript(path.join(pages, 'script.sh'));
    writeFileSync(
      file,
      `server.modules = ("mod_rewrite", "mod_cgi")
server.bind = "${host}"
server.port = ${port}
server.document-root = "${pages}"
server.errorlog = "${folder}/error.log"
server.upload-dirs = ("${folder}")
index-file.names = ("index.sh")
url.rewrite-once = ("^/${CGI_PATHS}(\\?.*)?$" => "/script.sh$2")
cgi.assign = (".sh" => "/bin/sh")
`,
    );
    return { command: ['lighttpd', '-D', '-f', file] };
  },
};
