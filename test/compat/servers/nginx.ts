import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealServer } from './real-server.js';

export const nginx: RealServer = {
  name: 'nginx',
  packages: ['nginx-light'],
  needs: ['nginx'],
  keepAliveMs: 75_000,
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'nginx.conf');
    // Without a master nothing stays behind when it is killed.
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen ${host}:${port}; location / { return 200 "ok"; } }
}
`,
    );
    return { command: ['nginx', '-e', 'stderr', '-c', file] };
  },
};
