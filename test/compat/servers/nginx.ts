import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LARGE_TEXT } from './pages.js';
import type { RealServer } from './real-server.js';

/** It has no application: these are the fields that `/echo` shows. */
const SHOWN_FIELDS = [
  ...['host', 'connection', 'content_length', 'transfer_encoding', 'expect', 'te', 'upgrade', 'cookie', 'range'],
  ...['accept_encoding', 'authorization', 'x_forwarded_for', 'x_forwarded_proto', 'x_forwarded_port', 'x_own'],
];

export const nginx: RealServer = {
  name: 'nginx',
  packages: ['nginx-light'],
  needs: ['nginx'],
  keepAliveMs: 75_000,
  pages: ['/', '/echo', '/large', '/none', '/moved', '/cookies', '/gzip'],
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'nginx.conf');
    mkdirSync(path.join(folder, 'pages'));
    writeFileSync(path.join(folder, 'pages/large'), LARGE_TEXT);
    writeFileSync(path.join(folder, 'pages/gzip'), 'compressed\n'.repeat(100));
    const shown = SHOWN_FIELDS.map((name) => `${name}: $http_${name}\\n`).join('');
    // Without a master nothing stays behind when it is killed.
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server {
    listen ${host}:${port};
    root ${folder}/pages;
    location / { return 200 "ok"; }
    location = /echo { return 200 "method: $request_method\\ntarget: $request_uri\\n${shown}"; }
    location = /large { }
    location = /none { return 204; }
    location = /moved { absolute_redirect off; return 302 /?moved; }
    location = /cookies { add_header Set-Cookie "a=1; Path=/"; add_header Set-Cookie "b=2; HttpOnly"; return 200 "cookies"; }
    location = /gzip { gzip on; gzip_types *; gzip_http_version 1.0; }
  }
}
`,
    );
    return { command: ['nginx', '-e', 'stderr', '-c', file] };
  },
};
