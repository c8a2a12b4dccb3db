/** Responses as aspects, without what differs from way to way and from moment to moment. */
import { createHash } from 'node:crypto';
import { PROXY_PAGE } from '../observation.js';
import type { Target } from '../ways.js';

/** Longer bodies, and those with other than printable characters, are told by length and hash. */
const SHOWN_CHARS = 200;
/** HAProxy's, and those of autoproxy, which look like them. */
const ERROR_PAGE = /^<html><body><h1>\d{3} [^<]*<\/h1>/;
const MOMENTS = ['date', 'expires'];

/** The address of the way, in any field or text, has one name. */
export function withoutAddress(text: string, { host, port }: Target): string {
  return text.replaceAll(`${host}:${port}`, '<address>').replaceAll(host, '<host>').replaceAll(`${port}`, '<port>');
}

/** Status line and fields of a head in latin1. @param prefix of each aspect, as `1` for the first response */
export function addHead(aspects: Map<string, string>, prefix: string, head: string, target: Target): void {
  const [statusLine = '', ...lines] = head.split(/\r?\n/);
  const [, version = '', status = '', reason = ''] = /^(\S+) (\d+) ?(.*)$/.exec(statusLine) ?? [];
  aspects.set(`${prefix} version`, version);
  aspects.set(`${prefix} status`, status);
  aspects.set(`${prefix} reason`, reason);
  addFields(aspects, `${prefix} field`, lines, target);
}

export function addFields(
  aspects: Map<string, string>,
  prefix: string,
  lines: readonly string[],
  target: Target,
): void {
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = MOMENTS.includes(name) ? '<moment>' : withoutAddress(line.slice(colon + 1).trim(), target);
    const aspect = `${prefix} ${name}`;
    const known = aspects.get(aspect);
    aspects.set(aspect, known === undefined ? value : `${known} | ${value}`);
  }
}

/** A body in latin1. What `/echo` tells is an aspect a line, and its length says nothing then. */
export function addBody(aspects: Map<string, string>, prefix: string, body: string, target: Target): void {
  if (/^method: /.test(body)) {
    aspects.delete(`${prefix} field content-length`);
    addFields(aspects, `${prefix} seen`, body.split(/\r?\n/), target);
    return;
  }
  if (ERROR_PAGE.test(body)) aspects.set(`${prefix} ${PROXY_PAGE}`, 'an error page of a proxy');
  const text = withoutAddress(body, target);
  const isShown = text.length <= SHOWN_CHARS && /^[\t\r\n -~]*$/.test(text);
  const hash = createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 12);
  aspects.set(`${prefix} body`, isShown ? text : `${body.length} bytes, ${hash}`);
}

/** A response as a library gives it to a program. */
export interface SeenResponse {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** latin1 */
  readonly body: string;
}

export function addResponses(aspects: Map<string, string>, responses: readonly SeenResponse[], target: Target): void {
  for (const [index, { status, fields, body }] of responses.entries()) {
    const prefix = `${index + 1}`;
    aspects.set(`${prefix} status`, `${status}`);
    const lines = fields.map((field) => field.join(': '));
    addFields(aspects, `${prefix} field`, lines, target);
    addBody(aspects, prefix, body, target);
  }
}
