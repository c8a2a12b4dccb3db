/** `GET /events?app=shop&since=10m&limit=100`, and the same text from what is asked for. Pure. */
import { parseDuration } from '../core/durations.js';
import { nearestName } from '../core/nearest-name.js';
import { escapeText } from '../model/problem.js';
import type { EventsQuery } from './events-document.js';

const NAMES = ['app', 'since', 'after', 'limit', 'wait'];
const DEFAULT_LIMIT = 1_000;
const MAX_LIMIT = 10_000;
/** Below the 30 s after which the server closes a silent connection. */
const MAX_WAIT_MS = 25_000;

interface RefusedQuery {
  readonly error: string;
  readonly hint: string;
}

/** @param now wall time, ms */
export function eventsQueryFrom(query: URLSearchParams, now: number): EventsQuery | RefusedQuery {
  for (const name of query.keys()) {
    if (NAMES.includes(name)) continue;
    const nearest = nearestName(name, NAMES);
    const hint = nearest === null ? `it takes ${NAMES.join(', ')}` : `did you mean ${nearest}?`;
    return { error: `events have no parameter ${shown(name)}`, hint };
  }
  const since = query.get('since');
  const sinceMs = since === null ? null : momentFrom(since, now);
  if (Number.isNaN(sinceMs)) {
    const hint = 'write a time such as 2026-01-02T03:04:05Z, or how long ago, such as 10m';
    return { error: `since=${shown(since ?? '')} is not a time`, hint };
  }
  const after = numberFrom(query, 'after', Number.MAX_SAFE_INTEGER);
  if (typeof after === 'object' && after !== null) return after;
  const limit = numberFrom(query, 'limit', MAX_LIMIT);
  if (typeof limit === 'object' && limit !== null) return limit;
  const wait = query.get('wait');
  const waitMs = wait === null ? 0 : parseDuration(wait);
  if (waitMs === null) return { error: `wait=${shown(wait ?? '')} is not a duration`, hint: 'write one such as 20s' };
  return {
    app: query.get('app'),
    sinceMs,
    after,
    limit: limit ?? DEFAULT_LIMIT,
    waitMs: Math.min(MAX_WAIT_MS, waitMs),
  };
}

/** With the question mark; empty when all is asked for. */
export function eventsQueryText({ app, sinceMs, after, limit, waitMs }: Partial<EventsQuery>): string {
  const words = new URLSearchParams();
  if (app != null) words.set('app', app);
  if (sinceMs != null) words.set('since', new Date(sinceMs).toISOString());
  if (after != null) words.set('after', String(after));
  if (limit !== undefined) words.set('limit', String(limit));
  if (waitMs !== undefined && waitMs > 0) words.set('wait', `${waitMs}ms`);
  const text = words.toString();
  return text === '' ? '' : `?${text}`;
}

/** A time of ISO 8601, or a duration before now. @returns NaN for what is neither */
export function momentFrom(text: string, now: number): number {
  const ago = /[a-z]$/.test(text) ? parseDuration(text) : null;
  if (ago !== null) return now - ago;
  return /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
}

function numberFrom(query: URLSearchParams, name: string, most: number): number | null | RefusedQuery {
  const text = query.get(name);
  if (text === null) return null;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  return {
    error: `${name}=${shown(text)} is not a whole number up to ${most}`,
    hint: `leave ${name} out, or write one`,
  };
}

function shown(text: string): string {
  return escapeText(text.slice(0, 100));
}
