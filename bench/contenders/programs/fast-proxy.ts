import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { readArguments, serve } from './program.js';

type Forward = (request: IncomingMessage, response: ServerResponse, source: string, options: object) => void;
// It has no types of its own that a module could import.
const createProxy = createRequire(import.meta.url)('fast-proxy') as (options: object) => { readonly proxy: Forward };

const told = readArguments();
const proxies = told.instances.map((instance) => createProxy({ base: `http://${instance}` }).proxy);
const rewriteRequestHeaders = (request: IncomingMessage, headers: object): object => ({
  ...headers,
  host: request.headers.host,
  'x-forwarded-proto': 'http',
});
let next = 0;
const listener: RequestListener = (request, response) => {
  next += 1;
  proxies[next % proxies.length]?.(request, response, request.url ?? '/', { rewriteRequestHeaders });
};
serve(told, listener);
