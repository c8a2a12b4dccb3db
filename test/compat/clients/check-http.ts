/** The check of Nagios, Icinga and their kind. */
import type { Observation } from '../observation.js';
import type { Page } from '../servers/pages.js';
import type { Target } from '../ways.js';
import type { Client } from './client.js';
import { runProgram } from './program.js';
import { withoutAddress } from './response-aspects.js';

const PROGRAM = '/usr/lib/nagios/plugins/check_http';

const CASES: readonly (readonly [name: string, page: Page, words: readonly string[]])[] = [
  ['by address', '/', []],
  ['by name', '/', ['-H', 'compat.example']],
  ['a text', '/', ['-s', 'ok']],
  ['a text that is not there', '/', ['-s', 'no such text']],
  ['another status', '/none', ['-e', '204']],
  ['no body', '/large', ['-N']],
  ['HEAD', '/', ['-j', 'HEAD']],
  ['OPTIONS', '/', ['-j', 'OPTIONS']],
  ['POST', '/', ['-P', 'a=1']],
  ['a size', '/large', ['-m', '300000:400000']],
  ['follows a redirect', '/moved', ['-f', 'follow']],
  ['warns of a redirect', '/moved', ['-f', 'warning']],
  ['a field in the response', '/cookies', ['-d', 'Set-Cookie: b=2']],
  ['user and password', '/', ['-a', 'u:p']],
  ['a field in the request', '/', ['-k', 'X-Own: 1']],
  ['chunks', '/chunked', ['-s', 'two']],
];

export const checkHttp: Client = {
  name: 'check_http',
  packages: ['monitoring-plugins-basic'],
  needs: [PROGRAM],
  start: async () =>
    CASES.map(([name, page, words]) => ({ name, page, observe: (target) => observe(target, page, words) })),
};

async function observe(target: Target, page: string, words: readonly string[]): Promise<Observation> {
  const { host, port } = target;
  const place = ['-I', host, '-p', `${port}`, '-u', page, '-t', '8'];
  const { code, output } = await runProgram([PROGRAM, ...place, ...words]);
  // Of its figures none says anything about the answer.
  const said = withoutAddress(output, target)
    .replace(/\|.*/s, '')
    .replace(/\d+ bytes|[\d.]+ second/g, '<n>');
  return new Map([
    ['exit status', `${code}`],
    ['said', said.trim()],
  ]);
}
