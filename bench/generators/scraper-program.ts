/** Asks for the metrics once a second on one connection, and drops them as they come. Prints how many answers were whole. */
import { Agent, get } from 'node:http';

const { host, port, accept, seconds } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly host: string;
  readonly port: number;
  readonly accept: string;
  readonly seconds: number;
};

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let whole = 0;
let asked = 0;
const timer = setInterval(ask, 1_000);

function ask(): void {
  asked += 1;
  const isLast = asked >= seconds;
  if (isLast) clearInterval(timer);
  get({ host, port, path: '/metrics', headers: { accept }, agent }, (response) => {
    response.on('close', () => {
      if (response.statusCode === 200 && response.complete) whole += 1;
      if (isLast) end();
    });
    response.resume();
  }).on('error', () => {
    if (isLast) end();
  });
}

function end(): void {
  process.stdout.write(JSON.stringify({ whole }));
  agent.destroy();
}
