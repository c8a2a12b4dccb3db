/** Expressions of HAProxy (`%[…]`) that a format may have: those that its own logs can show, and fields of heads. */
import type { AccessFacts } from '../facts.js';
import { fieldValue } from './captures.js';
import { type Field, textWriter } from './writer.js';

/** As they are written, for people; NAME and N stand for what differs. */
export const FETCHES = [
  'src',
  'src_port',
  'dst',
  'dst_port',
  'status',
  'capture.req.method',
  'capture.req.uri',
  'capture.req.ver',
  'capture.req.hdr(N)',
  'capture.res.hdr(N)',
  'req.hdr(NAME)',
  'req.fhdr(NAME)',
  'res.hdr(NAME)',
  'res.fhdr(NAME)',
] as const;

const PLAIN: ReadonlyMap<string, (facts: AccessFacts) => string> = new Map(
  Object.entries({
    src: (facts: AccessFacts) => facts.clientAddress,
    src_port: (facts: AccessFacts) => String(facts.clientPort),
    dst: (facts: AccessFacts) => facts.frontAddress,
    dst_port: (facts: AccessFacts) => String(facts.frontPort),
    status: ({ status }: AccessFacts) => (status === 0 ? '' : String(status)),
    'capture.req.method': (facts: AccessFacts) => facts.method,
    'capture.req.uri': (facts: AccessFacts) => facts.target,
    'capture.req.ver': ({ target, minor }: AccessFacts) => (target === '' ? '' : minor === 0 ? 'HTTP/1.0' : 'HTTP/1.1'),
  }),
);

const CAPTURED = /^capture\.(req|res)\.hdr\((\d{1,3})\)$/;
const OF_HEAD = /^(req|res)\.(f?)hdr\(([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\)$/;

/** @returns undefined for an unknown expression */
export function fetchOf(expression: string): Field | undefined {
  const textOf = PLAIN.get(expression);
  if (textOf !== undefined) return fetched(textOf, false);
  const captured = CAPTURED.exec(expression);
  if (captured !== null) return capturedField(captured[1] === 'res', Number(captured[2]));
  const [, side, isWhole, name = ''] = OF_HEAD.exec(expression) ?? [];
  if (side === undefined) return undefined;
  const lastValueOf = headField(side === 'res', name.toLowerCase());
  return fetched(isWhole === 'f' ? lastValueOf : (facts) => lastElement(lastValueOf(facts)), side === 'res');
}

/** Raw, unless a flag asks for escapes; +X means nothing here, as in HAProxy. */
function fetched(textOf: (facts: AccessFacts) => string, isOfResponse: boolean): Field {
  return {
    about: 'an expression',
    isOfResponse,
    compile: (flags) => textWriter(textOf, { ...flags, hex: false }, null, '-'),
  };
}

function capturedField(isOfResponse: boolean, index: number): Field {
  return {
    about: 'a captured field',
    isOfResponse,
    compile(flags, { requestCaptures, responseCaptures }) {
      const name = (isOfResponse ? responseCaptures : requestCaptures)[index]?.toLowerCase();
      const textOf = name === undefined ? () => '' : headField(isOfResponse, name);
      return textWriter(textOf, { ...flags, hex: false }, null, '-');
    },
  };
}

function headField(isOfResponse: boolean, name: string): (facts: AccessFacts) => string {
  return isOfResponse
    ? (facts) => fieldValue(facts.responseHead, name)
    : (facts) => fieldValue(facts.requestHead, name);
}

/** Of a list of values, as `hdr` counts: the one behind the last comma. */
function lastElement(value: string): string {
  return value.slice(value.lastIndexOf(',') + 1).trimStart();
}
