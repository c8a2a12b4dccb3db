/** Messages that are right by the grammar, and what mischief makes of them. All texts hold one char a byte. */
import type { SeededRandom } from '../support/seeded-random.js';

const METHODS = ['GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'M-SEARCH', 'CONNECT'];
const TARGETS = [
  '/',
  '/a?b=c',
  '/x/../y;z=%20',
  '//a',
  '*',
  'http://a/b',
  'http://a',
  'https://a?c',
  '/{}|^"<>`\\',
  '/a:b@c',
];
const FIELDS = [
  'X-A: 1',
  'X-B:  two words\t',
  'X-C:',
  'X-D: \xe9\xff',
  'Connection: close',
  'Connection: keep-alive, X-A',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Proxy-Connection: close',
  'Keep-Alive: timeout=5, max=3',
  'TE: trailers',
  'Trailer: X-Sum',
  'Expect: 100-continue',
  'Cookie: a=1; b=2',
  'X-Forwarded-For: 1.2.3.4',
  'Set-Cookie: c=3',
  'Accept: */*',
  'Connection: keep-alive, timeout=5',
  'Connection: close;x',
  'Expect:',
  'Expect: 100-continue,',
  'Max-Forwards: 3',
  'Proxy: http://a',
  'Transfer_Encoding: chunked',
  'Content_Length: 5',
  'X_Forwarded_For: 1.2.3.4',
];
const STATUSES = ['200 OK', '200', '204 No Content', '304 Not Modified', '404 N\xe3o', '500 ', '599 x'];
const EXTENSIONS = [';a', ';a=b', ';a="b c"', ';a="\\"";b=c', ';', ' ', '\t', ' ; a = b', ';a="b"c;;', ';\xff'];
const TRAILERS = [
  'X-Sum: 1\r\n',
  'X-Sum: 1\r\nX-T:\r\n',
  'Keep-Alive: 5\r\n',
  'Content-Length: 5\r\nX-Sum: 1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Authorization: a\r\nSet-Cookie: b\r\nHost: b\r\n',
];
const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\t',
  ' ',
  ':',
  ',',
  ';',
  '"',
  '\\',
  '0',
  '5',
  '+',
  '-',
  'x',
  '\x0b',
  '\x7f',
  '\x80',
  '\xa0',
  '0x',
  '\r\n ',
  '\r\n\r\n',
  '0\r\n\r\n',
  '\r\n0\r\n\r\n',
  'chunked',
  ', chunked',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding:\tchunked\t\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Content-Length: 05\r\n',
  'Transfer-Encoding: ,chunked,\r\n',
  ' \r\n',
  ';"',
  'HTTP/1.2',
  'Host: b\r\n',
  'Host:\r\n',
  'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n',
  ';a="',
  'HTTP/1.1',
  'HTTP/1.0',
];

export function generateRequests(random: SeededRandom): string {
  let stream = '';
  for (let count = 1 + random.below(3); count > 0; count -= 1) stream += generateRequest(random);
  return mutate(random, stream);
}

function generateRequest(random: SeededRandom): string {
  const method = random.pick(METHODS);
  const version = random.once(12) ? '1.0' : '1.1';
  const { fields, body } = generateBody(random, method === 'POST' || method === 'PUT' || random.once(6));
  const lines = [...generateFields(random), ...fields];
  if (!random.once(15)) lines.splice(random.below(lines.length + 1), 0, `Host:${random.pick([' ', '', '\t'])}a`);
  const target = method === 'OPTIONS' ? random.pick(TARGETS) : random.pick(TARGETS.filter((one) => one !== '*'));
  return `${method} ${target} HTTP/${version}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

/** One final response, perhaps behind interim ones. */
export function generateResponses(random: SeededRandom): string {
  if (random.once(8)) return mutate(random, generateSloppyResponse(random));
  const interim = random.once(5)
    ? `HTTP/1.1 ${random.pick(['100 Continue', '103 Early Hints'])}\r\nX-I: 1\r\n\r\n`
    : '';
  const status = random.pick([...STATUSES, ...STATUSES, '600 x', '999 y']);
  const { fields, body } = generateBody(random, !/^[23]04/.test(status));
  const lines = [...generateFields(random), ...fields].map((line) => `${line}\r\n`).join('');
  return mutate(random, `${interim}HTTP/1.${random.once(8) ? 0 : 1} ${status}\r\n${lines}\r\n${body}`);
}

/** Heads that break a rule and have one meaning all the same. */
function generateSloppyResponse(random: SeededRandom): string {
  const lineEnd = random.pick(['\n', '\r\n']);
  const body = random.pick(['', 'hello']);
  const framing = random.pick([
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 5, 5'],
    ['Content-Length: 005'],
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    [],
  ]);
  const isChunked = framing.includes('Transfer-Encoding: chunked');
  const lines = [
    ...generateFields(random),
    ...framing,
    random.pick(['X-A : 1', `X-A: 1${lineEnd} 2`, 'X-A: \x01', 'X-A: 1']),
  ];
  const head = `HTTP/1.${random.pick([1, 2])} ${random.pick(STATUSES)}${lineEnd}${lines.map((line) => line + lineEnd).join('')}`;
  return `${random.once(5) ? '\r\n' : ''}${head}${lineEnd}${isChunked ? '5\r\nhello\r\n0\r\n\r\n' : body}`;
}

function generateFields(random: SeededRandom): string[] {
  return Array.from({ length: random.below(4) }, () => random.pick(FIELDS));
}

function generateBody(random: SeededRandom, hasBody: boolean): { readonly fields: string[]; readonly body: string } {
  if (!hasBody) return { fields: [], body: '' };
  const content = random.pick([
    '',
    'hello',
    '0\r\n\r\n',
    'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n',
    '\x00\xff'.repeat(20),
  ]);
  const space = random.pick([' ', ' ', '', '\t', '  ']);
  const end = random.pick(['', '', '', ' ', '\t']);
  if (random.once(3)) return { fields: [`Content-Length:${space}${content.length}${end}`], body: content };
  const chunks = random.cut(content, 12).map((chunk) => {
    const size = chunk.length.toString(16).padStart(1 + random.below(3), '0');
    return `${random.once(2) ? size : size.toUpperCase()}${generateExtension(random)}\r\n${chunk}\r\n`;
  });
  const trailers = random.once(3) ? random.pick(TRAILERS) : '';
  return {
    fields: [`Transfer-Encoding:${space}${random.pick(['chunked', 'Chunked'])}${end}`],
    body: `${chunks.join('')}0${generateExtension(random)}\r\n${trailers}\r\n`,
  };
}

function generateExtension(random: SeededRandom): string {
  return random.once(8) ? random.pick(EXTENSIONS) : '';
}

/** A third stays as it is; most of the others have one wound, which gets further than many. */
function mutate(random: SeededRandom, text: string): string {
  let mutated = text;
  for (let wounds = random.pick([0, 0, 1, 1, 1, 2, 3]); wounds > 0; wounds -= 1) {
    const at = random.below(mutated.length + 1);
    const before = mutated.slice(0, at);
    const length = 1 + random.below(random.once(4) ? 30 : 3);
    switch (random.below(5)) {
      case 0:
        mutated = before + mutated.slice(at + length);
        break;
      case 1:
        mutated = before + mutated.slice(at, at + length) + mutated.slice(at);
        break;
      case 2:
        mutated = before + random.pick(PIECES) + mutated.slice(at + 1);
        break;
      case 3:
        mutated = before + String.fromCharCode(random.below(256)) + mutated.slice(at + 1);
        break;
      default:
        mutated = before + random.pick(PIECES) + mutated.slice(at);
    }
  }
  return mutated;
}
