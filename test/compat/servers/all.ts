import { apache } from './apache.js';
import { go } from './go.js';
import { gunicorn } from './gunicorn.js';
import { lighttpd } from './lighttpd.js';
import { nginx } from './nginx.js';
import { nodeHttp } from './node-http.js';
import { php } from './php.js';
import { puma } from './puma.js';
import type { RealServer } from './real-server.js';
import { tomcat } from './tomcat.js';
import { uvicorn } from './uvicorn.js';

export const SERVERS: readonly RealServer[] = [
  apache,
  nginx,
  lighttpd,
  gunicorn,
  uvicorn,
  puma,
  tomcat,
  go,
  nodeHttp,
  php,
];

/** Go is compiled first, and Tomcat needs a virtual machine: they take half a minute. */
export const QUICK_SERVERS: readonly RealServer[] = SERVERS.filter(({ name }) => !['go', 'tomcat'].includes(name));
