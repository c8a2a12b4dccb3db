/** What tests need of Docker: the engines of docker-versions.ts, prepared, and one that builds our images. */
import type { Ending } from '../at-end.js';
import { findBaseImage, prepareBaseImage } from './docker-base-image.js';
import {
  DOCKER_VERSIONS,
  type DockerVersion,
  findDocker,
  prepareDockerVersions,
  whyUnfitForDocker,
} from './docker-versions.js';
import { hasPasswordRegistry, preparePasswordRegistry } from './password-registry.js';
import { TestEngine } from './test-engine.js';

/** Fetches the engines and makes the base image, where they are not there yet. @throws Error that says what is missing */
export async function prepareDocker(versions: readonly DockerVersion[] = DOCKER_VERSIONS): Promise<void> {
  const reason = whyUnfitForDocker();
  if (reason !== null) throw new Error(`missing: Docker engines; ${reason}`);
  try {
    await prepareDockerVersions(versions);
    await preparePasswordRegistry();
    await prepareBaseImage();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`missing: Docker engines and a base image, and Debian's could not be had: ${message}`);
  }
}

/** @returns why no engine can run here; null: it can */
export function whyNoDocker(): string | null {
  const hasEngines = DOCKER_VERSIONS.every((version) => findDocker(version) !== null);
  const isFetched = hasEngines && findBaseImage() !== null && hasPasswordRegistry();
  return whyUnfitForDocker() ?? (isFetched ? null : 'npm test fetches it');
}

/** It has the test's own network, since builds fetch packages, and a folder for its disk: images are large. */
export function startImageEngine(context: Ending): Promise<TestEngine> {
  const place = { hasOwnNetwork: false, isDiskInMemory: false };
  return TestEngine.start(context, { version: '20.10', hasApp: false, bridge: false, ...place });
}

/** The base of our images, as BASE_IMAGE is to name it. */
export async function importBase(engine: TestEngine): Promise<string> {
  const base = findBaseImage();
  if (base === null) throw new Error('npm test makes the base image');
  const changes = base.changes.flatMap((change) => ['--change', change]);
  await engine.docker('import', ...changes, base.archive, 'autoproxy-base:test');
  return 'autoproxy-base:test';
}
