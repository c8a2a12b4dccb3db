/** As its README begins, or, as the variant says, with an agent that keeps connections. */
import { Agent } from 'node:http';
import httpProxy from 'http-proxy';
import { readArguments, rotateOrigins, serve } from './program.js';

const told = readArguments();
const originOf = rotateOrigins(told);
const agent = told.variant === 'keep-alive agent' ? new Agent({ keepAlive: true, maxFreeSockets: 1_024 }) : undefined;
const proxy = httpProxy.createProxyServer({ xfwd: true, ...(agent !== undefined && { agent }) });
proxy.on('error', (_error, _request, response) => {
  response.destroy();
});
serve(told, (request, response) => proxy.web(request, response, { target: originOf() }));
