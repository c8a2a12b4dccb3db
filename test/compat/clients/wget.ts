import type { Observation } from '../observation.js';
import type { Page } from '../servers/pages.js';
import type { Target } from '../ways.js';
import type { Client } from './client.js';
import { inFolder, runProgram } from './program.js';
import { addBody, addHead } from './response-aspects.js';

const CASES: readonly (readonly [name: string, page: Page, words: readonly string[]])[] = [
  ['GET', '/', []],
  ['GET, seen', '/echo', []],
  ['spider', '/large', ['--spider']],
  ['form', '/echo', ['--post-data=a=1']],
  ['PUT', '/echo', ['--method=PUT', '--body-data=x']],
  ['large body', '/large', []],
  ['chunks', '/chunked', []],
  ['204', '/none', []],
  ['redirect', '/moved', []],
  ['no keep-alive', '/echo', ['--no-http-keep-alive']],
  ['compressed', '/gzip', ['--compression=auto']],
  ['cookies', '/cookies', []],
  ['no cache', '/echo', ['--no-cache', '--referer=http://a.example/', '--user-agent=Mozilla/5.0']],
  ['response cut short', '/cut', []],
];

export const wget: Client = {
  name: 'wget',
  packages: ['wget'],
  needs: ['wget'],
  start: async () =>
    CASES.map(([name, page, words]) => ({ name, page, observe: (target) => observe(target, page, words) })),
};

function observe(target: Target, page: string, words: readonly string[]): Promise<Observation> {
  return inFolder(async (folder) => {
    const command = ['wget', '--no-verbose', '--server-response', '--tries=1', '--timeout=8', '--output-document=-'];
    const url = `http://${target.host}:${target.port}${page}`;
    const { code, output, errors } = await runProgram([...command, ...words, url], '', folder);
    const aspects = new Map([['exit', `${code}`]]);
    // Each head is indented by two blanks.
    const heads = errors.split(/^ {2}(?=HTTP\/)/m).slice(1);
    for (const [index, text] of heads.entries()) {
      const head = text
        .split('\n')
        .filter((line, index) => index === 0 || line.startsWith('  '))
        .map((line) => line.trim());
      addHead(aspects, `${index + 1}`, head.join('\r\n'), target);
    }
    addBody(aspects, `${heads.length}`, output, target);
    return aspects;
  });
}
