/** What is answered to who may not do what he asks, before anybody looks at it. Each says what to do. */

import { escapeText } from '../model/problem.js';
import { type Answer, jsonAnswer } from './answer.js';
import { ENDPOINTS, type EndpointMatch, REQUEST_FIELD } from './endpoints.js';
import { MAX_STREAMS } from './page/event-stream.js';

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

export function foreignPageAnswer(): Answer {
  return jsonAnswer(403, {
    error: 'a browser sent this request, and not from the page of this node as it is now',
    hint: 'reload the page of the node; a command sends neither Origin nor Sec-Fetch-Site',
  });
}

export function tooManyStreamsAnswer(): Answer {
  return jsonAnswer(503, {
    error: `${MAX_STREAMS} pages of this node are open already`,
    hint: 'close some; a hidden page gives its place back by itself',
  });
}

export function tooLargeAnswer(limitBytes: number): Answer {
  return jsonAnswer(413, { error: `the body is larger than ${limitBytes} bytes`, hint: 'no endpoint needs a body' });
}

export type TokenFault = 'missing' | 'wrong' | 'unknown scheme';

const TOKEN_FAULTS: Readonly<Record<TokenFault, string>> = {
  missing: 'this node asks for its admin token, and the request has none',
  wrong: 'the admin token of this request is not one of this node',
  'unknown scheme': 'the Authorization of this request is neither Bearer nor Basic',
};

/** Browsers ask their user for a name and a password then. */
const CHALLENGE = { 'www-authenticate': 'Basic realm="autoproxy", charset="UTF-8", Bearer realm="autoproxy"' };

export function unauthorizedAnswer(fault: TokenFault): Answer {
  const hint =
    'send "Authorization: Bearer TOKEN", or Basic with the token as password and any name; ' +
    'commands take --admin-token-file FILE, and need none at the admin socket of the node';
  return { ...jsonAnswer(401, { error: TOKEN_FAULTS[fault], hint }), fields: CHALLENGE };
}

export function twoAuthorizationsAnswer(): Answer {
  return jsonAnswer(400, { error: 'the request has Authorization more than once', hint: 'send it once' });
}

export function tokenInUrlAnswer(): Answer {
  return jsonAnswer(400, {
    error: 'the URL of this request holds a token or a password',
    hint: 'URLs end up in logs and histories: take another token, and send it in the field Authorization',
  });
}

export function unguardedChangeAnswer(): Answer {
  return jsonAnswer(403, {
    error: 'a change that comes from another machine needs a token, and this node has none',
    hint: 'start the node with --admin-token-file FILE and send the token, or run the command on the machine of the node',
  });
}
