/**
 * The image of tests that need containers: this Node with its libraries, container-app.ts, busybox with its shell, and curl,
 * as a HEALTHCHECK out of `health.path` wants it; no registry has a part in it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../machine/components.js';
import type { DockerCommand } from './docker-command.js';
import { findBusybox } from './docker-versions.js';

const APP = fileURLToPath(new URL('container-app.js', import.meta.url));

/** A registry that refuses at once: where Swarm wants to pull, it takes the image that is there without a wait for DNS. */
export const APP_IMAGE = 'localhost:9/app:1';

const CHANGES = ['ENV PATH=/usr/bin:/bin', 'EXPOSE 8080', 'CMD ["node","/app/app.mjs"]'];

/** A check for `--health-cmd`: cheaper by far than one by Node. */
export const HEALTH_COMMAND = 'busybox wget -q -O /dev/null http://127.0.0.1:8080/health';

/** What the image is made of. */
export function appImageFiles(): readonly string[] {
  return [busyboxFile(), process.execPath, APP, ...librariesOf(process.execPath)];
}

/** @param folder where links to its parts may be put */
export async function importAppImage(docker: DockerCommand, folder: string): Promise<void> {
  const stage = path.join(folder, 'image');
  const busybox = busyboxFile();
  const put = (file: string, at: string): void => {
    const place = path.join(stage, at);
    mkdirSync(path.dirname(place), { recursive: true });
    symlinkSync(file, place);
  };
  put(busybox, 'bin/busybox');
  put(busybox, 'bin/sh');
  put(process.execPath, 'usr/bin/node');
  put(APP, 'app/app.mjs');
  // wget of this busybox (1.35 of Debian, static) ends with a segmentation fault when it is told a time-out.
  const curl = findProgram('curl');
  if (curl !== null) put(curl, 'usr/bin/curl');
  const programs = curl === null ? [process.execPath] : [process.execPath, curl];
  for (const library of new Set(programs.flatMap(librariesOf))) put(library, library);
  await docker.importFolder(stage, CHANGES, APP_IMAGE);
}

function busyboxFile(): string {
  const busybox = findBusybox();
  if (busybox === null) throw new Error('npm test fetches busybox');
  return busybox;
}

/** Its loader included. */
function librariesOf(program: string): string[] {
  const said = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...said.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(/gm)].map(([, file]) => file ?? '');
}
