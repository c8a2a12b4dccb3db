/** The names of HAProxy's format strings (configuration manual, 8.2.6), and what each writes here. */
import { TARGET_BYTES } from '../encodings.js';
import type { AccessFacts } from '../facts.js';
import { gmtSecond, Instants, isoSecond, localSecond, localWithZone } from '../instants.js';
import { CAPTURE_FIELDS } from './captures.js';
import { address, type Field, foreignText, hexNumber, number, port, text, unknown } from './writer.js';

const BAD_REQUEST = '<BADREQ>';

/** HAProxy's date of accept: of a later request of a connection, the end of the response before it. */
function acceptedAt(facts: AccessFacts): number {
  return facts.startedAt - facts.idleMs - facts.handshakeMs;
}

/** @param hasMilliseconds a dot and three digits follow the text */
function instant(
  about: string,
  textOf: (date: Date) => string,
  atOf: (facts: AccessFacts) => number,
  hasMilliseconds = false,
  end = '',
): Field {
  return {
    about,
    compile() {
      const instants = new Instants(textOf);
      return (line, facts) => {
        const at = atOf(facts);
        instants.write(line, at);
        if (!hasMilliseconds) return;
        line.text('.');
        line.milliseconds(Math.floor(at) % 1_000);
        line.text(end);
      };
    },
  };
}

/** Time in the handshake, idle, and to the whole head. */
function untilHead({ handshakeMs, idleMs, headMs }: AccessFacts): number {
  return headMs === -1 ? -1 : handshakeMs + idleMs + headMs;
}

function pathOf({ target }: AccessFacts): string {
  if (target === '') return BAD_REQUEST;
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

function queryOf({ target }: AccessFacts): string {
  if (target === '') return BAD_REQUEST;
  const query = target.indexOf('?');
  return query === -1 ? '' : target.slice(query);
}

/** The request line, in pieces: joined, it would be one more text a request. */
const REQUEST_LINE: Field = {
  about: 'the request line',
  compile(flags) {
    const target = foreignText('', (facts) => facts.target, TARGET_BYTES).compile({ ...flags, quote: false }, NOTHING);
    const quote = flags.quote ? '"' : '';
    const versions = [` HTTP/1.0${quote}`, ` HTTP/1.1${quote}`];
    const bad = `${quote}${BAD_REQUEST}${quote}`;
    return (line, facts) => {
      if (facts.target === '') {
        line.text(bad);
        return;
      }
      line.text(quote);
      line.text(facts.method);
      line.text(' ');
      target(line, facts);
      line.text(versions[facts.minor] ?? '');
    };
  },
};
const NOTHING = { requestCaptures: [], responseCaptures: [], pid: 0, hostname: '' };

export const FIELDS = {
  ac: number('connections of clients to this worker', (facts) => facts.workerConnections),
  b: text('the app', (facts) => facts.app),
  bc: number('requests (tcp: connections) of the app that are under way in this worker', (facts) => facts.slotRequests),
  bi: unknown('where the connection to the instance leaves from: not known here'),
  bp: unknown('the port of that: not known here'),
  bq: number('requests that waited for any instance before this one', (facts) => facts.slotQueue),
  B: number('bytes to the client', (facts) => facts.bytesOut),
  CC: unknown('the captured cookie of the request: none is captured'),
  ci: address('address of the client', (facts) => facts.clientAddress),
  cp: port(
    'port of the client',
    (facts) => facts.clientAddress,
    (facts) => facts.clientPort,
  ),
  CS: unknown('the captured cookie of the response: none is captured'),
  f: text('the slot, as slot:PORT', slotOf()),
  fc: number('connections of clients to the slot in this worker', (facts) => facts.slotConnections),
  fi: address('address that the client connected to', (facts) => facts.frontAddress),
  fp: port(
    'port that the client connected to',
    (facts) => facts.frontAddress,
    (facts) => facts.frontPort,
  ),
  ft: text('the slot, as slot:PORT', slotOf()),
  ...CAPTURE_FIELDS,
  H: { about: 'name of this host', compile: (flags, { hostname }) => text('', () => hostname).compile(flags, NOTHING) },
  HM: foreignText('method', ({ target, method }) => (target === '' ? BAD_REQUEST : method), TARGET_BYTES),
  HP: foreignText('path of the request', pathOf, TARGET_BYTES),
  HPO: foreignText('path of the request', pathOf, TARGET_BYTES),
  HQ: foreignText('query string, with its question mark', queryOf, TARGET_BYTES, ''),
  HU: foreignText('path and query string', ({ target }) => target || BAD_REQUEST, TARGET_BYTES),
  HV: text('version', ({ target, minor }) => (target === '' ? BAD_REQUEST : minor === 0 ? 'HTTP/1.0' : 'HTTP/1.1')),
  ID: foreignText('the request id, where the app has a key `request_id`', (facts) => facts.requestId, TARGET_BYTES),
  lc: hexNumber('lines of this worker, this one not counted', 4, (facts) => facts.count - 1),
  ms: {
    about: 'milliseconds of the accept',
    compile: ({ hex }) =>
      hex
        ? (line, facts) => line.text(hexOfMilliseconds(acceptedAt(facts)))
        : (line, facts) => line.milliseconds(Math.floor(acceptedAt(facts)) % 1_000),
  },
  pid: {
    about: 'process id of the worker',
    compile: (flags, { pid, ...context }) => hexNumber('', 4, () => pid).compile(flags, { pid, ...context }),
  },
  r: REQUEST_LINE,
  rc: {
    about: 'retries; with a + before them where another instance was tried',
    takesEnd: () => true,
    compile: (_flags, _, end) => (line, facts) => {
      if (facts.isRedispatched) line.text('+');
      line.number(facts.retries, end);
    },
  },
  rt: hexNumber('number of the request in this worker', 4, (facts) => facts.count),
  s: text('the instance, or <NOSRV>', ({ instance }) => instance || '<NOSRV>'),
  sample: number('how many requests the line stands for; a name of autoproxy', (facts) => facts.sample),
  sc: number('requests that the instance has under way from this worker', (facts) => facts.instanceRequests),
  si: address('address of the instance', (facts) => facts.instanceAddress),
  sp: port(
    'port of the instance',
    (facts) => facts.instanceAddress,
    (facts) => facts.instancePort,
  ),
  sq: number('requests that waited for the same instance before this one', (facts) => facts.instanceQueue),
  sslc: unknown('cipher: TLS ends before this node'),
  sslv: unknown('version of TLS: it ends before this node'),
  ST: number('status; -1: the client got none', ({ status }) => (status === 0 ? -1 : status)),
  t: instant('accept, local time with milliseconds', localSecond, acceptedAt, true),
  T: instant('accept, GMT', gmtSecond, acceptedAt),
  Ta: number('time from the first byte to the last', (facts) => facts.activeMs),
  Tc: number('time to connect to the instance', (facts) => facts.connectMs),
  Td: number('time from the head of the response to its last byte', (facts) => facts.transferMs),
  Th: number('time from the accept to the end of the PROXY header', (facts) => facts.handshakeMs),
  Ti: number('idle time before the request', (facts) => facts.idleMs),
  tiso: instant('first byte of the request, ISO 8601 in UTC; a name of autoproxy', isoSecond, startOf, true, 'Z'),
  Tl: instant('accept, local time with its zone', localWithZone, acceptedAt),
  Tq: number('time to the whole head, idle time included', untilHead),
  tr: instant('first byte of the request, local time with milliseconds', localSecond, startOf, true),
  TR: number('time from the first byte to the whole head', (facts) => facts.headMs),
  Tr: number('time to the head of the response', (facts) => facts.responseMs),
  traceid: text('id of the trace, where the app has `trace: true`; a name of autoproxy', (facts) => facts.traceId),
  trg: instant('first byte of the request, GMT', gmtSecond, startOf),
  trl: instant('first byte of the request, local time with its zone', localWithZone, startOf),
  ts: {
    about: 'termination: two flags',
    takesEnd: () => true,
    compile: (_flags, _, end) => (line, facts) => line.text(facts.flags, end),
  },
  Ts: hexNumber('accept, in seconds since 1970', 4, (facts) => Math.floor(acceptedAt(facts) / 1_000)),
  tsc: {
    about: 'termination: two flags, and two of the sticky cookie',
    takesEnd: () => true,
    compile: (_flags, _, end) => (line, facts) => {
      line.text(facts.flags);
      line.text(facts.cookieFlags, end);
    },
  },
  Tt: number(
    'time from the accept to the last byte',
    ({ handshakeMs, idleMs, activeMs }) => handshakeMs + idleMs + activeMs,
  ),
  Tu: number('time as the client sees it, without idle time', ({ handshakeMs, activeMs }) => handshakeMs + activeMs),
  Tw: number('time in the queue', (facts) => facts.queueMs),
  U: number('bytes from the client', (facts) => facts.bytesIn),
} as const satisfies Record<string, Field>;

function startOf({ startedAt }: AccessFacts): number {
  return startedAt;
}

/** Most lines of a worker name the same slots: the text of the last one is kept. */
function slotOf(): (facts: AccessFacts) => string {
  let last = -1;
  let name = '';
  return ({ slot }) => {
    if (slot !== last) {
      last = slot;
      name = `slot:${slot}`;
    }
    return name;
  };
}

function hexOfMilliseconds(at: number): string {
  return (Math.floor(at) % 1_000).toString(16).toUpperCase().padStart(2, '0');
}
