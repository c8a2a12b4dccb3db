/** What programs of autoproxy load: each file of ours and each package, as V8 itself lists what it has run. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** By one process. */
export interface LoadedModules {
  /** Of ours: `src/cli/main.js`. */
  readonly files: readonly string[];
  /** Those that package.json names. */
  readonly packages: readonly string[];
  /** Files of ours and of all packages. */
  readonly count: number;
}

/** With this in its environment a program, and each that it starts, leaves a list in the folder when it ends. */
export function recordingIn(folder: string): { readonly NODE_V8_COVERAGE: string } {
  return { NODE_V8_COVERAGE: folder };
}

/** @returns for each process that has ended, in no order */
export function readLoaded(folder: string): readonly LoadedModules[] {
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    readonly dependencies: object;
  };
  return readdirSync(folder).map((name) => {
    const { result } = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as {
      readonly result: readonly { readonly url: string }[];
    };
    const loaded = result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url));
    const inPackages = loaded.flatMap((file) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
    const dist = path.join(ROOT, 'dist/');
    return {
      files: loaded.filter((file) => file.startsWith(dist)).map((file) => file.slice(dist.length)),
      packages: Object.keys(dependencies).filter((known) => inPackages.includes(known)),
      count: loaded.length,
    };
  });
}
