/** What the `consul` package, and the HTTP client below it, can do and do not name in their types. */

import type { Writable } from 'node:stream';
import type Consul from 'consul';
import { reasonOf } from '../core/thrown.js';
import type { AnswerBody } from './answer-body.js';
import { ConsulFailure } from './failure.js';

export interface PackageResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  body?: unknown;
}

export interface PackageError {
  readonly isTimeout?: true;
  readonly isAbort?: true;
  /** `HPE_...`: the parser of Node refused what came. */
  readonly code?: string;
  readonly response?: PackageResponse;
}

interface PackageExtensions {
  _ext(event: 'onRequest' | 'onResponse', extension: (request: PackageRequest, next: () => void) => void): void;
}

export interface PackageRequest {
  /** Where the body goes. */
  pipe?: Writable;
  readonly res?: PackageResponse;
  readonly err?: PackageError & { readonly isResponse?: true };
}

/** An answer on its way. */
export interface GatheredAnswer {
  readonly url: string;
  readonly body: AnswerBody;
  /** Known before the package fails, and more precise than what it says then. */
  failure: ConsulFailure | null;
}

/**
 * The package gathers a body without a limit, and leaves one alone that goes into a pipe: so each goes into one.
 * @param current the answer of the call that is under way
 */
export function gatherBodies(consul: Consul, current: () => GatheredAnswer | null): void {
  const extensions = consul as Consul & PackageExtensions;
  extensions._ext('onRequest', (request, next) => {
    const answer = current();
    if (answer !== null) request.pipe = answer.body;
    next();
  });
  extensions._ext('onResponse', ({ res, err }, next) => {
    const answer = current();
    // An answer that was cut off is not read; one of another status than 200 is an error and whole.
    const isWhole = err === undefined || err.isResponse === true;
    if (answer !== null && res !== undefined && isWhole) readBody(answer, res);
    next();
  });
}

function readBody(answer: GatheredAnswer, response: PackageResponse): void {
  const { 'content-encoding': coding = 'identity', 'content-type': type = '' } = response.headers;
  const unreadable = (reason: string, error?: unknown): ConsulFailure =>
    new ConsulFailure('malformed', `the answer of ${answer.url} is unusable: ${reason}`, error);
  // None was asked for, and a few bytes can become as many as their sender likes.
  if (coding !== 'identity') answer.failure ??= unreadable(`it is compressed (${String(coding).slice(0, 40)})`);
  if (answer.failure !== null) return;
  try {
    response.body = answer.body.valueFrom(String(type));
  } catch (error) {
    answer.failure = unreadable(reasonOf(error), error);
  }
}
