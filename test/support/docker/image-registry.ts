/** A registry of images beside an engine, as far as the question goes whether it has one. It has one image. */
import { once } from 'node:events';
import { atEnd, type Ending } from '../at-end.js';
import { spawnBound } from '../machine/bound-process.js';
import type { TestEngine } from './test-engine.js';

/** Engines speak plain HTTP with a registry of their own machine. */
const PLACE = 'localhost:5000';

/** It has `there/app:1`, wants a password for `denied/…`, fails for `broken/…`, and knows nothing else (OCI distribution 1.0). */
const PROGRAM = `
const { createHash } = require('node:crypto');
const type = 'application/vnd.docker.distribution.manifest.v2+json';
const config = '{}';
const digestOf = (text) => 'sha256:' + createHash('sha256').update(text).digest('hex');
const image = { mediaType: 'application/vnd.docker.container.image.v1+json', size: 2, digest: digestOf(config) };
const manifest = JSON.stringify({ schemaVersion: 2, mediaType: type, config: image, layers: [] });
require('node:http').createServer(({ method, url }, response) => {
  const answer = (status, fields, text) => {
    response.writeHead(status, { 'content-length': text.length, ...fields });
    response.end(method === 'HEAD' ? undefined : text);
  };
  const refuse = (status, code, fields) =>
    answer(status, { 'content-type': 'application/json', ...fields }, JSON.stringify({ errors: [{ code, message: code }] }));
  if (url === '/v2/') answer(200, { 'docker-distribution-api-version': 'registry/2.0' }, '{}');
  else if (url.includes('/there/') && url.includes('/blobs/')) answer(200, {}, config);
  else if (url.includes('/there/')) answer(200, { 'content-type': type, 'docker-content-digest': digestOf(manifest) }, manifest);
  else if (url.includes('/denied/')) refuse(401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="own"' });
  else if (url.includes('/broken/')) refuse(503, 'UNAVAILABLE', {});
  else refuse(404, 'MANIFEST_UNKNOWN', {});
}).listen(5000, '127.0.0.1', () => console.log('up'));
`;

/** @returns the registry's part of a name of an image: `localhost:5000` */
export async function startImageRegistry(context: Ending, engine: TestEngine): Promise<string> {
  const command = [...engine.namespace, process.execPath, '--eval', PROGRAM];
  const child = spawnBound(command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  atEnd(context, async () => {
    child.kill('SIGKILL');
    await ended;
  });
  if (child.stdout === null) throw new Error('the registry has no standard output');
  await once(child.stdout, 'data');
  return PLACE;
}
