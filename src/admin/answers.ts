/** What each endpoint answers; no socket here. */

import { reasonOf } from '../core/thrown.js';
import type { Exposition } from '../metrics/exposition/exposition.js';
import { EXPOSITION_CONTENT_TYPES, formatAskedFor } from '../metrics/exposition/format.js';
import { ADMIN_STATES } from '../model/app.js';
import { escapeText } from '../model/problem.js';
import type { AdminNode } from './admin-node.js';
import { type Answer, jsonAnswer, textAnswer } from './answer.js';
import { formatEndpointList } from './endpoint-list.js';
import type { EndpointMatch } from './endpoints.js';
import { eventsQueryFrom } from './events-query.js';
import { formatCsv } from './haproxy/csv.js';
import type { Row } from './haproxy/row-values.js';
import { rowsOf } from './haproxy/rows.js';
import { formatStatisticsPage } from './haproxy/statistics-page.js';
import { rowChoiceOf } from './haproxy/statistics-url.js';
import { formatJson } from './haproxy/typed-fields.js';
import type { Asset, PageAssets } from './page/assets.js';

/** All that the page needs comes from the node; nothing is made of text: no script, no style, no HTML. */
const PAGE_POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  "require-trusted-types-for 'script'",
].join('; ');

/** What of a request an answer depends on, beside its path. */
export interface Asking {
  /** As it was asked for. */
  readonly url: string;
  readonly query: URLSearchParams;
  /** Who asks, already safe for a terminal. */
  readonly by: string;
  /** The field of the request: what its answer may be. */
  readonly accept: string | undefined;
  readonly wantsHtml: boolean;
  readonly ifNoneMatch: string | undefined;
  /** Who asks has gone, or the node ends. */
  readonly end: AbortSignal;
}

type Answered = Exclude<EndpointMatch['endpoint']['name'], 'page-stream'>;

/** What answers are made of. */
export interface AnswerParts {
  readonly node: AdminNode;
  readonly assets: PageAssets;
  readonly exposition: Exposition;
}

export async function answerEndpoint(
  { node, assets, exposition }: AnswerParts,
  name: Answered,
  params: EndpointMatch['params'],
  asking: Asking,
): Promise<Answer> {
  const { query, by, end } = asking;
  switch (name) {
    case 'page':
      return asking.wantsHtml ? documentAnswer(assets, asking) : textAnswer(200, formatEndpointList(), BY_ACCEPT);
    case 'page-file':
      return fileAnswer(assets, params.file ?? '', asking);
    case 'page-past':
      return past(node, params.at ?? '');
    case 'history':
      return history(node, params.app ?? '');
    case 'ready':
    case 'health':
      return readinessAnswer(node);
    case 'ping':
      return node.isStopping() ? textAnswer(503, 'stopping') : textAnswer(200, 'alive');
    case 'state':
      return jsonAnswer(200, await node.state());
    case 'why':
      return asking.wantsHtml ? documentAnswer(assets, asking) : why(node, params.app ?? '');
    case 'events':
      return events(node, query, end);
    case 'sessions':
      return jsonAnswer(200, await node.sessions(query.get('app')));
    case 'config':
      return jsonAnswer(200, node.config());
    case 'metrics':
      return metrics(node, exposition, asking);
    case 'haproxy-page':
      return asking.wantsHtml ? toPageAnswer() : statisticsPage(node);
    case 'haproxy-csv':
      return { status: 200, contentType: 'text/plain; charset=utf-8', body: formatCsv(await rowsFor(node, asking)) };
    case 'haproxy-json':
      return {
        ...{ status: 200, contentType: 'application/json; charset=utf-8' },
        body: formatJson(await rowsFor(node, asking)),
      };
    case 'set-app-state':
      return setAdminState(node, params.app ?? '', null, params.state ?? '', by);
    case 'set-instance-state':
      return setAdminState(node, params.app ?? '', params.id ?? '', params.state ?? '', by);
    case 'accept-removal':
      return acceptRemoval(node, params.name ?? '', by);
  }
}

export function failureAnswer(error: unknown): Answer {
  const message = reasonOf(error);
  return jsonAnswer(500, { error: escapeText(message.slice(0, 500)), hint: 'see the log of the node' });
}

function readinessAnswer(node: AdminNode): Answer {
  if (node.isStopping()) return textAnswer(503, 'stopping');
  const reason = node.notReadyReason();
  return reason === null ? textAnswer(200, 'ready') : textAnswer(503, `not ready: ${escapeText(reason)}`);
}

/** A browser gets the page there, a program the text or the JSON. */
const BY_ACCEPT = { vary: 'Accept' };

function documentAnswer({ document }: PageAssets, asking: Asking): Answer {
  const answer = assetAnswer(document, asking);
  return { ...answer, fields: { ...answer.fields, ...BY_ACCEPT, 'content-security-policy': PAGE_POLICY } };
}

/** People have HAProxy's address among their bookmarks. */
function toPageAnswer(): Answer {
  return textAnswer(302, 'the page of the node is at /', { ...BY_ACCEPT, location: '/' });
}

async function statisticsPage(node: AdminNode): Promise<Answer> {
  const body = formatStatisticsPage(await node.proxies());
  return { status: 200, contentType: 'text/html; charset=utf-8', body, fields: BY_ACCEPT };
}

async function rowsFor(node: AdminNode, { url }: Asking): Promise<readonly Row[]> {
  return rowsOf(await node.proxies(), rowChoiceOf(url));
}

function fileAnswer(assets: PageAssets, name: string, asking: Asking): Answer {
  const file = assets.file(name);
  if (file !== null) return assetAnswer(file, asking);
  return jsonAnswer(404, { error: `the page has no file ${escapeText(name.slice(0, 100))}`, hint: 'reload the page' });
}

function assetAnswer({ contentType, text, etag }: Asset, { ifNoneMatch }: Asking): Answer {
  const isKnown = ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) === true;
  const fields = { etag, 'cache-control': 'no-cache' };
  return { status: isKnown ? 304 : 200, contentType, body: isKnown ? '' : text, fields };
}

function past({ page }: AdminNode, text: string): Answer {
  const at = Date.parse(text);
  if (Number.isNaN(at)) {
    const error = `${escapeText(text.slice(0, 100))} is not a time`;
    return jsonAnswer(400, { error, hint: 'write it as 2026-01-31T02:13:00Z' });
  }
  const document = page.past(at);
  if (document !== null) return jsonAnswer(200, document);
  const since = new Date(page.pastBegin).toISOString();
  return jsonAnswer(404, {
    error: `this node remembers its apps from ${since} up to now`,
    hint: 'choose a time between',
  });
}

function history({ page }: AdminNode, app: string): Answer {
  const figures = page.history(app);
  if (figures !== null) return jsonAnswer(200, figures);
  return jsonAnswer(404, {
    error: `this node serves no app ${escapeText(app.slice(0, 253))}`,
    hint: 'GET /state lists them',
  });
}

async function metrics(node: AdminNode, exposition: Exposition, { accept }: Asking): Promise<Answer> {
  const format = formatAskedFor(accept);
  const body = exposition.write(await node.metrics(), format);
  return { status: 200, contentType: EXPOSITION_CONTENT_TYPES[format], body, fields: BY_ACCEPT };
}

async function why(node: AdminNode, app: string): Promise<Answer> {
  const outcome = await node.why(app);
  const answer = outcome.ok
    ? jsonAnswer(200, outcome.document)
    : jsonAnswer(404, { error: escapeText(outcome.message.slice(0, 500)), hint: outcome.hint });
  return { ...answer, fields: BY_ACCEPT };
}

async function events(node: AdminNode, query: URLSearchParams, end: AbortSignal): Promise<Answer> {
  const asked = eventsQueryFrom(query, Date.now());
  return 'error' in asked ? jsonAnswer(400, asked) : jsonAnswer(200, await node.events(asked, end));
}

async function setAdminState(
  node: AdminNode,
  app: string,
  instance: string | null,
  word: string,
  by: string,
): Promise<Answer> {
  const state = ADMIN_STATES.find((candidate) => candidate === word);
  if (state === undefined)
    return jsonAnswer(404, { error: `unknown state ${escapeText(word)}: write drain, ready or maint` });
  const outcome = await node.setAdminState(app, instance, state, by);
  if (!outcome.ok) return jsonAnswer(outcome.status, { error: outcome.message });
  const { saved, reason } = outcome;
  return jsonAnswer(200, { app, instance, state, saved, ...(reason === undefined ? {} : { reason }) });
}

function acceptRemoval(node: AdminNode, source: string, by: string): Answer {
  if (node.acceptRemoval(source, by)) return jsonAnswer(200, { source, accepted: true });
  return jsonAnswer(404, {
    error: `source ${escapeText(source.slice(0, 100))} has no removal that is held back`,
    hint: 'GET /state lists the sources and their problems',
  });
}
