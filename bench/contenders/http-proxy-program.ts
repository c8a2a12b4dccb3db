import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';

const { host, port, originHost, originPorts } = JSON.parse(process.argv[2] ?? '{}') as {
  host: string;
  port: number;
  originHost: string;
  originPorts: number[];
};
const agent = new Agent({ keepAlive: true, maxFreeSockets: 1_024 });
const proxy = httpProxy.createProxyServer({ agent, xfwd: true });
let next = 0;
const server = createServer((request, response) => {
  const target = `http://${originHost}:${originPorts[next % originPorts.length]}`;
  next += 1;
  proxy.web(request, response, { target });
});
proxy.on('error', (_error, _request, response) => {
  response.destroy();
});
server.listen(port, host, () => process.send?.('listening'));
