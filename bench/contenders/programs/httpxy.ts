import { Agent } from 'node:http';
import { createProxyServer } from 'httpxy';
import { readArguments, rotateOrigins, serve } from './program.js';

const told = readArguments();
const originOf = rotateOrigins(told);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 1_024 });
const proxy = createProxyServer({ xfwd: true, agent });
serve(told, (request, response) => {
  proxy.web(request, response, { target: originOf() }).catch(() => response.destroy());
});
