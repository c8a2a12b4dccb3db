/** The format `json`: one object a line, in ASCII, so that each reader takes it. */
import { JSON_BYTES } from '../encodings.js';
import type { AccessFacts } from '../facts.js';
import { Instants, isoSecond } from '../instants.js';
import { literal, type Writer } from './writer.js';

interface Key {
  /** The name in HAProxy's format strings that tells the same; empty when HAProxy has none. */
  readonly like: string;
  readonly about: string;
  /** Of requests only: lines of TCP slots lack it. */
  readonly isOfHttp: boolean;
  readonly compile: Compile;
}

/** @param before what stands before the value: fixed text is written in one step */
type Compile = (before: string) => Writer;

const QUOTE = 0x22;

function both(like: string, about: string, compile: Compile): Key {
  return { like, about, isOfHttp: false, compile };
}

function http(like: string, about: string, compile: Compile): Key {
  return { like, about, isOfHttp: true, compile };
}

/** null for an empty text */
function text(textOf: (facts: AccessFacts) => string): Compile {
  return (before) => {
    const quoted = Buffer.from(`${before}"`);
    const absent = Buffer.from(`${before}null`);
    return (line, facts) => {
      const value = textOf(facts);
      if (value === '') {
        line.raw(absent);
        return;
      }
      line.raw(quoted);
      line.json(value, JSON_BYTES);
      line.byte(QUOTE);
    };
  };
}

/** null for a number that stands for nothing. */
function number(numberOf: (facts: AccessFacts) => number, nothing = Number.NaN): Compile {
  return (before) => {
    const fixed = Buffer.from(before);
    const absent = Buffer.from(`${before}null`);
    return (line, facts) => {
      const value = numberOf(facts);
      if (value === nothing) {
        line.raw(absent);
        return;
      }
      line.raw(fixed);
      line.number(value);
    };
  };
}

/** null for -1: it did not come so far. */
function milliseconds(numberOf: (facts: AccessFacts) => number): Compile {
  return number(numberOf, -1);
}

/** One of two values, as they stand in the line. */
function either(isFirst: (facts: AccessFacts) => boolean, first: string, second: string): Compile {
  return (before) => {
    const one = Buffer.from(before + first);
    const other = Buffer.from(before + second);
    return (line, facts) => line.raw(isFirst(facts) ? one : other);
  };
}

function startInstant(before: string): Writer {
  const instants = new Instants(isoSecond);
  const fixed = Buffer.from(`${before}"`);
  return (line, { startedAt }) => {
    line.raw(fixed);
    instants.write(line, startedAt);
    line.text('.');
    line.milliseconds(Math.floor(startedAt) % 1_000);
    line.text('Z"');
  };
}

function termination(before: string): Writer {
  const fixed = Buffer.from(`${before}"`);
  return (line, { flags, cookieFlags, isHttp }) => {
    line.raw(fixed);
    line.text(flags);
    if (isHttp) line.text(cookieFlags);
    line.byte(QUOTE);
  };
}

/** The keys in the order of a line. */
export const JSON_KEYS = {
  time: both('tiso', 'first byte of the request, or accept of the TCP connection', startInstant),
  app: both(
    'b',
    'the app',
    text((facts) => facts.app),
  ),
  slot: both(
    'ft',
    'the port of the slot',
    number((facts) => facts.slot),
  ),
  instance: both(
    's',
    'id of the instance or neighbor; null: none had it',
    text((facts) => facts.instance),
  ),
  client: both(
    'ci',
    'address of the client',
    text((facts) => facts.clientAddress),
  ),
  client_port: both(
    'cp',
    'its port',
    number((facts) => facts.clientPort),
  ),
  method: http(
    'HM',
    'method; null: no request could be read',
    text((facts) => facts.method),
  ),
  host: http(
    'hr',
    'the Host',
    text((facts) => facts.host),
  ),
  target: http(
    'HU',
    'path and query string',
    text((facts) => facts.target),
  ),
  version: http(
    'HV',
    '1.0 or 1.1',
    either(({ minor }) => minor === 0, '"1.0"', '"1.1"'),
  ),
  status: http(
    'ST',
    'status; null: the client got none',
    number((facts) => facts.status, 0),
  ),
  bytes_in: both(
    'U',
    'bytes from the client',
    number((facts) => facts.bytesIn),
  ),
  bytes_out: both(
    'B',
    'bytes to the client',
    number((facts) => facts.bytesOut),
  ),
  idle_ms: http(
    'Ti',
    'idle time before the request',
    number((facts) => facts.idleMs),
  ),
  head_ms: http(
    'TR',
    'time from the first byte to the whole head',
    milliseconds((facts) => facts.headMs),
  ),
  queue_ms: both(
    'Tw',
    'time in the queue',
    milliseconds((facts) => facts.queueMs),
  ),
  connect_ms: both(
    'Tc',
    'time to connect to the instance',
    milliseconds((facts) => facts.connectMs),
  ),
  response_ms: http(
    'Tr',
    'time to the head of the response',
    milliseconds((facts) => facts.responseMs),
  ),
  transfer_ms: http(
    'Td',
    'time from there to its last byte',
    milliseconds((facts) => facts.transferMs),
  ),
  total_ms: both(
    'Ta',
    'time from the first byte to the last',
    number((facts) => facts.activeMs),
  ),
  termination: both('tsc', "HAProxy's termination flags", termination),
  retries: both(
    'rc',
    'retries',
    number((facts) => facts.retries),
  ),
  redispatched: both(
    '',
    'a retry went to another instance',
    either(({ isRedispatched }) => isRedispatched, 'true', 'false'),
  ),
  worker_connections: both(
    'ac',
    'connections of clients to this worker',
    number((facts) => facts.workerConnections),
  ),
  slot_connections: both(
    'fc',
    'those to the slot',
    number((facts) => facts.slotConnections),
  ),
  slot_requests: both(
    'bc',
    'requests of the app under way in this worker',
    number((facts) => facts.slotRequests),
  ),
  instance_requests: both(
    'sc',
    'those of the instance',
    number((facts) => facts.instanceRequests),
  ),
  instance_queue: both(
    'sq',
    'requests that waited for the same instance before it',
    number((facts) => facts.instanceQueue),
  ),
  slot_queue: both(
    'bq',
    'requests that waited for any instance before it',
    number((facts) => facts.slotQueue),
  ),
  trace_id: http(
    'traceid',
    'id of the trace, where the app has `trace: true`',
    text((facts) => facts.traceId),
  ),
  request_id: http(
    'ID',
    'the request id, where the app has a key `request_id`',
    text((facts) => facts.requestId),
  ),
  sample: both(
    'sample',
    'how many requests the line stands for: 10 with `log_sample: 1/10`; 1 for each that failed',
    number((facts) => facts.sample),
  ),
} as const satisfies Record<string, Key>;

/** @returns the pieces of a line */
export function jsonWriters(isHttp: boolean): Writer[] {
  const keys = Object.entries<Key>(JSON_KEYS).filter(([, { isOfHttp }]) => isHttp || !isOfHttp);
  const writers = keys.map(([name, { compile }], index) => compile(`${index === 0 ? '{' : ','}"${name}":`));
  return [...writers, literal('}')];
}
