import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Observation } from '../observation.js';
import type { Page } from '../servers/pages.js';
import type { Target } from '../ways.js';
import type { Case, Client } from './client.js';
import { inFolder, runProgram } from './program.js';
import { addBody, addHead } from './response-aspects.js';

const WRITTEN = '%{http_code} %{http_version} connections:%{num_connects} redirects:%{num_redirects}\\n';
const UPLOAD = Buffer.alloc(2_000_000, 'x');

/** `-` as a file is UPLOAD. */
const CASES: readonly (readonly [name: string, page: Page, words: readonly string[]])[] = [
  ['GET', '/', []],
  ['GET, seen', '/echo', []],
  ['HEAD', '/', ['--head']],
  ['HTTP/1.0', '/echo', ['--http1.0']],
  ['form', '/echo', ['--data', 'a=1&b=2']],
  ['form with a file', '/echo', ['--form', 'a=1', '--form', 'b=@-;filename=b.txt']],
  ['JSON', '/echo', ['--json', '{"a":1}']],
  ['large form, Expect', '/echo', ['--data-binary', '@-']],
  ['upload in chunks', '/echo', ['--upload-file', '-']],
  ['upload in chunks, HTTP/1.0', '/echo', ['--http1.0', '--upload-file', '-']],
  ['PUT', '/echo', ['--request', 'PUT', '--data', 'x']],
  ['DELETE', '/echo', ['--request', 'DELETE']],
  ['OPTIONS', '/echo', ['--request', 'OPTIONS']],
  ['range', '/large', ['--range', '10-19']],
  ['resumed download', '/large', ['--continue-at', '299000']],
  ['large body', '/large', []],
  ['time condition', '/large', ['--time-cond', '2030-01-01']],
  ['chunks', '/chunked', []],
  ['204', '/none', []],
  ['redirect', '/moved', ['--location']],
  ['POST to a redirect', '/moved', ['--location', '--data', 'a=1']],
  ['cookies', '/cookies', ['--cookie', 'c=3', '--cookie-jar', 'jar']],
  ['compressed', '/gzip', ['--compressed']],
  ['user and password', '/echo', ['--user', 'u:p']],
  ['another Host', '/echo', ['--header', 'Host: other.example']],
  ['no Host', '/echo', ['--header', 'Host:']],
  ['no User-Agent', '/echo', ['--header', 'User-Agent:', '--header', 'Accept:']],
  ['offers HTTP/2', '/echo', ['--http2']],
  ['prior knowledge of HTTP/2', '/echo', ['--http2-prior-knowledge']],
  ['trailers', '/trailers', ['--header', 'TE: trailers']],
  ['transfer coding', '/echo', ['--tr-encoding']],
  ['early hints', '/hints', []],
  ['response cut short', '/cut', []],
  ['fails at 404', '/large', ['--fail', '--get', '--data', 'a=1']],
  ['HTTP/0.9 allowed', '/', ['--http0.9']],
];

export const curl: Client = {
  name: 'curl',
  packages: ['curl'],
  needs: ['curl'],
  start: async () => [...CASES.map(([name, page, words]) => oneUrl(name, page, words)), TWO_PAGES],
};

function oneUrl(name: string, page: Page, words: readonly string[]): Case {
  return { name, page, observe: (target) => observe(target, words, [page]) };
}

const TWO_PAGES: Case = {
  name: 'three pages on one connection',
  page: '/echo',
  observe: (target) => observe(target, [], ['/', '/echo', '/']),
};

function observe(target: Target, words: readonly string[], pages: readonly string[]): Promise<Observation> {
  return inFolder(async (folder) => {
    const file = (name: string): string => {
      const whole = path.join(folder, name);
      return existsSync(whole) ? readFileSync(whole, 'latin1') : '';
    };
    const outputs = pages.flatMap((page, index) => [
      ...['--output', `body-${index}`],
      `http://${target.host}:${target.port}${page}`,
    ]);
    const command = ['curl', '--silent', '--show-error', '--path-as-is', '--max-time', '8', '--dump-header', 'heads'];
    const { code, output, errors } = await runProgram(
      [...command, '--write-out', WRITTEN, ...words, ...outputs],
      UPLOAD,
      folder,
    );
    const aspects = new Map([
      ['exit', `${code}`],
      ['said', errors.replace(/[\d.]+:?\d*/g, '<n>').trim()],
      ['written', output],
      [
        'jar',
        file('jar')
          .replace(/^#.*\n/gm, '')
          .replaceAll(target.host, '<host>'),
      ],
    ]);
    const heads = file('heads').split('\r\n\r\n').slice(0, -1);
    for (const [index, head] of heads.entries()) addHead(aspects, `${index + 1}`, head, target);
    // With --head it writes the head where the body would stand.
    for (const [index] of words.includes('--head') ? [] : pages.entries()) {
      const response = heads.length - pages.length + index + 1;
      if (response > 0) addBody(aspects, `${response}`, file(`body-${index}`), target);
    }
    return aspects;
  });
}
