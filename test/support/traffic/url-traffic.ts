/** A program: FILE URL... It asks the URLs, each over new connections, until it is killed, and keeps the outcome in FILE as JSON. */
import { renameSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';

const CLIENTS = 2;
/** Some hundred connections a second of all clients: the programs that are tried need the processors too. */
const PAUSE_MS = 20;
const REPORT_MS = 50;

const [, , file = 'traffic.json', ...urls] = process.argv;
const outcome = { served: 0, failures: [] as string[] };

function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', reject);
    }).once('error', reject);
  });
}

async function ask(url: string): Promise<never> {
  for (;;) {
    const status = await statusOf(url).catch((error: Error) => error.message);
    if (status === 200) outcome.served += 1;
    else outcome.failures.push(`${url}: ${status}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

setInterval(() => {
  writeFileSync(`${file}.new`, JSON.stringify(outcome));
  renameSync(`${file}.new`, file);
}, REPORT_MS);
for (const url of urls) for (let client = 0; client < CLIENTS; client += 1) void ask(url);
