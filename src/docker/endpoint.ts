/** From settings to what a connection needs: path of the socket or origin, and the files of TLS. */
import path from 'node:path';
import { codeOf, reasonOf } from '../core/thrown.js';
import { readWholeFileSync } from '../core/whole-file.js';
import { DockerFailure } from './failure.js';
import type { DockerSettings } from './settings.js';

export interface Endpoint {
  /** As the settings name it, for people. */
  readonly url: string;
  /** null: TCP. */
  readonly socketPath: string | null;
  /** Of the requests; a socket's has a host that means nothing. */
  readonly origin: string;
  readonly isSecure: boolean;
}

/** What undici hands to the connector of node:tls; empty without TLS. */
interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
}

/** The engine's own ports. */
const PLAIN_PORT = 2375;
const SECURE_PORT = 2376;
/** All authorities that a distribution knows are a quarter of that. */
const MAX_CERTIFICATE_BYTES = 1_048_576;

export function endpointOf({ url, certPath, tlsVerify }: DockerSettings): Endpoint {
  const socketPath = /^unix:\/\/(.+)$/.exec(url)?.[1];
  if (socketPath !== undefined) return { url, socketPath, origin: 'http://docker', isSecure: false };
  const isSecure = url.startsWith('https:') || certPath !== null || tlsVerify === true;
  const scheme = isSecure ? 'https' : 'http';
  const port = isSecure ? SECURE_PORT : PLAIN_PORT;
  const [, host = '', named = String(port)] = /^[a-z]+:\/\/(.+?)(?::(\d+))?$/.exec(url) ?? [];
  return { url, socketPath: null, origin: `${scheme}://${host}:${named}`, isSecure };
}

/**
 * Read for each new connection, so that files may be replaced, or come later than the node.
 * @throws DockerFailure of the kind `unprepared`
 */
export function readTlsFiles(endpoint: Endpoint, { certPath, tlsVerify }: DockerSettings): TlsFiles {
  if (!endpoint.isSecure) return {};
  const proof = { rejectUnauthorized: tlsVerify !== false };
  if (certPath === null) return proof;
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readPart(path.join(certPath, name)));
  if ((cert === null) !== (key === null)) {
    const [there, missing] = cert === null ? ['key.pem', 'cert.pem'] : ['cert.pem', 'key.pem'];
    throw unprepared(certPath, `it has ${there} and no ${missing}; put both there, or neither`);
  }
  if (ca === null && cert === null) throw unprepared(certPath, 'it has neither ca.pem nor cert.pem with key.pem');
  return {
    ...proof,
    ...(typeof ca === 'string' ? { ca } : {}),
    ...(typeof cert === 'string' && typeof key === 'string' ? { cert, key } : {}),
  };
}

/** @returns null for a file that is not there */
function readPart(file: string): string | null {
  try {
    return readWholeFileSync(file, MAX_CERTIFICATE_BYTES);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw unprepared(file, reasonOf(error), error);
  }
}

function unprepared(place: string, why: string, cause?: unknown): DockerFailure {
  return new DockerFailure('unprepared', `${place} cannot be used for TLS to Docker: ${why}`, cause);
}
