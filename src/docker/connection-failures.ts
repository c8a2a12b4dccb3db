/** What went wrong with a request, in words that say what to do. */
import { statSync } from 'node:fs';
import { errors } from 'undici';
import { codeOf, reasonOf } from '../core/thrown.js';
import { escapeText } from '../model/problem.js';
import { tooNewFrom } from './api-versions.js';
import type { Endpoint } from './endpoint.js';
import { DockerFailure } from './failure.js';

const MAX_SAID_LENGTH = 200;
const BROKEN = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_ABORTED',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
]);

/** From an error of undici or of the system: there is no answer, or no whole one. */
export function failureFrom(error: unknown, endpoint: Endpoint): DockerFailure {
  if (error instanceof DockerFailure) return error;
  const { url, socketPath } = endpoint;
  const code = codeOf(error);
  const failure = (kind: ConstructorParameters<typeof DockerFailure>[0], words: string): DockerFailure =>
    new DockerFailure(kind, words, error);
  if (socketPath !== null) {
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return failure(
        'missing',
        `there is no socket ${socketPath}: is Docker running, and does --docker name its socket?`,
      );
    }
    if (code === 'EACCES' || code === 'EPERM') return failure('denied', deniedWords(socketPath));
    if (code === 'ECONNREFUSED' || code === 'ENOTSOCK') {
      const found = whatIsAt(socketPath);
      if (found !== 'socket') return failure('notSocket', notSocketWords(socketPath, found));
      return failure('unreachable', `nothing listens on ${socketPath}: is Docker running?`);
    }
  }
  if (error instanceof errors.HTTPParserError || code.startsWith('HPE_')) {
    return failure('malformed', `what answers at ${url} is not a Docker engine; does --docker name the right place?`);
  }
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return failure(
      'untrusted',
      `${url} does not speak TLS; leave out --docker-tls-verify and --docker-cert-path, or name its TLS port`,
    );
  }
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || /CERT|SIGNATURE|ISSUER/.test(code)) {
    const advice =
      'put the authority that signed its certificate into ca.pem of --docker-cert-path, and your own as cert.pem and key.pem';
    return failure('untrusted', `TLS with Docker at ${url} failed: ${escapeText(reasonOf(error))}; ${advice}`);
  }
  if (BROKEN.has(code)) return failure('cut', `Docker at ${url} broke the connection off`);
  return failure('unreachable', `Docker at ${url} is unreachable: ${escapeText(reasonOf(error))}`);
}

/** From an answer whose status is not the wanted one. @param what `the list of containers` */
export function refusalFrom(status: number, body: string, what: string, { url, isSecure }: Endpoint): DockerFailure {
  const said = escapeText(saidIn(body));
  const words = said === '' ? '' : ` (${said})`;
  if (status === 401 || status === 403) {
    const needed = 'GET of /_ping, /events, /containers/json and /containers/ID/json';
    return new DockerFailure(
      'denied',
      `Docker at ${url} refuses ${what}${words}; what stands before it has to allow ${needed}`,
    );
  }
  if (/not a swarm manager|not part of a swarm/i.test(said)) {
    const advice = 'name the socket of a manager with --docker or DOCKER_HOST';
    const isWorker = /worker nodes can't be used/i.test(said);
    const words = isWorker
      ? `a worker of a Swarm, and only its managers do this: ${advice}`
      : `not a manager of a Swarm: ${advice}; "docker swarm init" makes one`;
    return new DockerFailure('notManager', `Docker at ${url} is ${words}`);
  }
  // Engines up to 28 answer 500 to an old version of a service, and 409 to a second one of its name.
  if (/update out of sequence|name conflicts with an existing object/i.test(said)) {
    const words = `Docker at ${url} refuses ${what}: somebody else changed it meanwhile; look at it again, and try again`;
    return new DockerFailure('outOfSequence', words);
  }
  if (status === 429 || status >= 500) {
    return new DockerFailure('failing', `Docker at ${url} answered ${status} for ${what}${words}`);
  }
  if (!isSecure && /HTTP request to an HTTPS server/i.test(said)) {
    return new DockerFailure(
      'untrusted',
      `Docker at ${url} wants TLS: give --docker-tls-verify and --docker-cert-path`,
    );
  }
  const advice = 'does --docker name a Docker engine?';
  return (
    tooNewFrom(url, said) ?? new DockerFailure('refused', `${url} answered ${status} for ${what}${words}; ${advice}`)
  );
}

/** What an answer that refuses says; the engine's own are `{"message": "..."}`. */
export function saidIn(body: string): string {
  let said: unknown = body;
  try {
    const document: unknown = JSON.parse(body);
    said = (document as { readonly message?: unknown } | null)?.message ?? '';
  } catch {
    // Something before the engine, which speaks plainly.
  }
  const text = typeof said === 'string' ? said.trim() : '';
  return text.startsWith('<') ? '' : text.slice(0, MAX_SAID_LENGTH);
}

function deniedWords(socketPath: string): string {
  const user = process.getuid?.();
  const group = groupOf(socketPath);
  const who = user === undefined ? 'this process' : `this process (user id ${user})`;
  const way = group === null ? 'the group that owns it' : `its group, id ${group}`;
  return `${who} lacks the right to open ${socketPath}: add its user to ${way} (docker run --group-add, SupplementaryGroups= of a unit)`;
}

function groupOf(socketPath: string): number | null {
  try {
    return statSync(socketPath).gid;
  } catch {
    return null;
  }
}

function whatIsAt(socketPath: string): 'socket' | 'a directory' | 'a file' {
  try {
    const stats = statSync(socketPath);
    if (stats.isSocket()) return 'socket';
    return stats.isDirectory() ? 'a directory' : 'a file';
  } catch {
    // It has gone meanwhile: it was a socket when it refused.
    return 'socket';
  }
}

function notSocketWords(socketPath: string, found: string): string {
  const cause = found === 'a directory' ? '; Docker makes one where the source of a mount is missing' : '';
  return `${socketPath} is ${found} and not a socket${cause}: name the socket of Docker with --docker`;
}
