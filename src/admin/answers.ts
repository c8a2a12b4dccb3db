/** What each endpoint answers; no socket here. */

import { reasonOf } from '../core/thrown.js';
import { EXPOSITION_CONTENT_TYPE, formatExposition } from '../metrics/exposition.js';
import { ADMIN_STATES } from '../model/app.js';
import { escapeText } from '../model/problem.js';
import type { AdminNode } from './admin-node.js';
import { ENDPOINTS, type EndpointMatch, REQUEST_FIELD } from './endpoints.js';
import { formatPage } from './page.js';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** @param by who asks, already safe for a terminal */
export async function answerEndpoint(node: AdminNode, match: EndpointMatch, by: string): Promise<Answer> {
  const { endpoint, params } = match;
  switch (endpoint.name) {
    case 'page':
      return { status: 200, contentType: 'text/html; charset=utf-8', body: formatPage() };
    case 'ready':
    case 'health':
      return readinessAnswer(node);
    case 'ping':
      return node.isStopping() ? textAnswer(503, 'stopping') : textAnswer(200, 'alive');
    case 'state':
      return jsonAnswer(200, await node.state());
    case 'why':
      return why(node, params.app ?? '');
    case 'metrics':
      return { status: 200, contentType: EXPOSITION_CONTENT_TYPE, body: formatExposition(await node.metrics()) };
    case 'set-app-state':
      return setAdminState(node, params.app ?? '', null, params.state ?? '', by);
    case 'set-instance-state':
      return setAdminState(node, params.app ?? '', params.id ?? '', params.state ?? '', by);
    case 'accept-removal':
      return acceptRemoval(node, params.name ?? '', by);
  }
}

export function notFoundAnswer(path: string): Answer {
  return jsonAnswer(404, {
    error: `there is nothing at ${escapeText(path.slice(0, 200))}`,
    endpoints: ENDPOINTS.map(({ method, path: known, help }) => `${method} ${known}: ${help}`),
  });
}

export function wrongMethodAnswer(method: string, path: string, matches: readonly EndpointMatch[]): Answer {
  const allowed = matches.map(({ endpoint }) => (endpoint.method === 'GET' ? 'GET, HEAD' : endpoint.method)).join(', ');
  const error = `${escapeText(path.slice(0, 200))} takes ${allowed}, not ${method}`;
  return { ...jsonAnswer(405, { error }), fields: { allow: allowed } };
}

export function foreignHostAnswer(): Answer {
  return jsonAnswer(403, {
    error: 'the Host of this request is not this node',
    hint: 'use its IP address or localhost; other names are refused, so that no web page can reach it by one',
  });
}

export function unmarkedAnswer(): Answer {
  return jsonAnswer(403, {
    error: 'a request that changes something must say that no web page sent it',
    hint: `send the field "${REQUEST_FIELD}: 1", or the content type application/json`,
  });
}

export function tooLargeAnswer(limitBytes: number): Answer {
  return jsonAnswer(413, { error: `the body is larger than ${limitBytes} bytes`, hint: 'no endpoint needs a body' });
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

async function why(node: AdminNode, app: string): Promise<Answer> {
  const outcome = await node.why(app);
  if (outcome.ok) return jsonAnswer(200, outcome.document);
  return jsonAnswer(404, { error: escapeText(outcome.message.slice(0, 500)), hint: outcome.hint });
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

function jsonAnswer(status: number, document: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(document)}\n` };
}

function textAnswer(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}
