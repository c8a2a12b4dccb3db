import { spawnSync } from 'node:child_process';
import type { Recipe } from './configured-program.js';
import type { ContenderOptions } from './contender.js';

/** One worker, connections to the origins kept. */
export const NGINX: Recipe = {
  name: 'nginx',
  versionOf: (program) =>
    /nginx\/(\S+)/.exec(spawnSync(program, ['-v'], { encoding: 'utf8' }).stderr)?.[1] ?? 'unknown',
  words: (file, directory) => ['-c', file, '-p', directory],
  configuration,
  hasWorkers: true,
};

function configuration(options: ContenderOptions, directory: string): string {
  const { host, port, instances } = options;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off; worker_processes 1; pid ${directory}/pid; error_log /dev/null;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_max_body_size 0;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
  upstream origins {
    ${instances.map((instance) => `server ${instance};`).join(' ')}
    keepalive 1024; keepalive_requests 1000000000;
  }
  server {
    listen ${host}:${port} backlog=4096;
    location / {
      proxy_pass http://origins; proxy_http_version 1.1; proxy_max_temp_file_size 0; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto http;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
}
