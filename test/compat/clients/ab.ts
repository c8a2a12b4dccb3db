import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Observation } from '../observation.js';
import type { Page } from '../servers/pages.js';
import type { Target } from '../ways.js';
import type { Client } from './client.js';
import { inFolder, runProgram } from './program.js';
import { withoutAddress } from './response-aspects.js';

const REQUESTS = 30;

const CASES: readonly (readonly [name: string, page: Page, words: readonly string[]])[] = [
  ['GET', '/', []],
  ['GET, keep-alive', '/', ['-k']],
  ['HEAD', '/', ['-i']],
  ['POST', '/', ['-p', 'body']],
  ['POST, keep-alive', '/', ['-k', '-p', 'body']],
  ['PUT', '/', ['-u', 'body']],
  ['large body, keep-alive', '/large', ['-k']],
  ['chunks', '/chunked', []],
  ['chunks, keep-alive', '/chunked', ['-k']],
  ['204, keep-alive', '/none', ['-k']],
  ['redirect', '/moved', []],
  ['cookies', '/cookies', ['-C', 'c=3']],
];

/** What does not depend on the speed. */
const LINES = [
  'Server Software',
  'Document Length',
  'Complete requests',
  'Failed requests',
  'Non-2xx responses',
  'Keep-Alive requests',
  'HTML transferred',
];

export const ab: Client = {
  name: 'ab',
  packages: ['apache2-utils'],
  needs: ['ab'],
  start: async () =>
    CASES.map(([name, page, words]) => ({ name, page, observe: (target) => observe(target, page, words) })),
};

function observe(target: Target, page: string, words: readonly string[]): Promise<Observation> {
  return inFolder(async (folder) => {
    writeFileSync(path.join(folder, 'body'), 'hello');
    const url = `http://${target.host}:${target.port}${page}`;
    const { code, output, errors } = await runProgram(
      ['ab', '-q', '-s', '8', '-n', `${REQUESTS}`, '-c', '3', ...words, url],
      '',
      folder,
    );
    const aspects = new Map([
      ['exit', `${code}`],
      ['said', withoutAddress(errors.trim(), target)],
    ]);
    for (const line of output.split('\n')) {
      const [name = '', value = ''] = line.split(/:\s+/);
      if (LINES.includes(name)) aspects.set(name, value.trim());
    }
    return aspects;
  });
}
