/**
 * The Docker engines that tests run against: Debian's, of the suites that have these versions, unpacked and not installed.
 *
 * The programs of a newer suite run on an older machine, but for runc: containers are started by bookworm's, whatever the
 * engine. (dockerd, containerd and the shim of sid need glibc 2.34, its runc needs 2.38.)
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { cachedDebianTree, type DebianTree, fetchDebianTree } from '../machine/debian-package.js';

export const DOCKER_VERSIONS = ['20.10', '28'] as const;
/** Benchmarks may ask for those between too. */
export const KNOWN_DOCKER_VERSIONS = ['20.10', '26', '28'] as const;
export type DockerVersion = (typeof KNOWN_DOCKER_VERSIONS)[number];

const ENGINES: Readonly<Record<DockerVersion, DebianTree>> = {
  '20.10': {
    name: 'docker-bookworm',
    // The library is the one that a machine without an engine lacks.
    packageNames: ['docker.io', 'containerd', 'runc', 'libdevmapper1.02.1'],
    withLibraries: false,
    suite: 'bookworm',
  },
  '26': {
    name: 'docker-trixie',
    packageNames: ['docker.io', 'docker-cli', 'containerd'],
    withLibraries: false,
    suite: 'trixie',
  },
  '28': {
    name: 'docker-sid',
    packageNames: ['docker.io', 'docker-cli', 'containerd'],
    withLibraries: false,
    suite: 'sid',
  },
};

/** A bridge needs a firewall's command; images need a shell without libraries. */
const COMMANDS: DebianTree = {
  name: 'docker-commands-bookworm',
  packageNames: ['iptables', 'libxtables12', 'libip4tc2', 'libip6tc2', 'busybox-static'],
  withLibraries: false,
  suite: 'bookworm',
};

const FIREWALL_LINKS = ['iptables', 'iptables-save', 'iptables-restore'].flatMap((name) => [
  name,
  name.replace('ip', 'ip6'),
]);

/** The programs of one version. */
export interface DockerPrograms {
  readonly dockerd: string;
  readonly docker: string;
  /** Where both, and what they start, find the rest: PATH, LD_LIBRARY_PATH, XTABLES_LIBDIR. */
  readonly env: Readonly<Record<string, string>>;
}

/** @returns null when they were not fetched yet */
export function findDocker(version: DockerVersion): DockerPrograms | null {
  const trees = [ENGINES['20.10'], ENGINES[version], COMMANDS].map(cachedDebianTree);
  const [oldest, tree, commands] = trees;
  if (oldest == null || tree == null || commands == null) return null;
  return {
    dockerd: path.join(tree, 'usr/sbin/dockerd'),
    docker: path.join(tree, 'usr/bin/docker'),
    env: {
      PATH: [
        path.join(commands, 'links'),
        // 20.10 has its own, which is this one.
        ...(version === '20.10' ? [] : [path.join(commands, 'runc')]),
        ...['usr/bin', 'usr/sbin'].map((name) => path.join(tree, name)),
        process.env.PATH,
      ].join(':'),
      LD_LIBRARY_PATH: [oldest, commands].flatMap(libraryFolders).join(':'),
      XTABLES_LIBDIR:
        libraryFolders(commands)
          .map((folder) => path.join(folder, 'xtables'))
          .find(existsSync) ?? '',
    },
  };
}

/** Fetches what is not there yet. @throws Error with what apt or dpkg said, or when a suite has another version by now */
export async function prepareDockerVersions(versions: readonly DockerVersion[]): Promise<void> {
  for (const version of versions) {
    const tree = ENGINES[version];
    if (cachedDebianTree(tree) !== null) continue;
    console.log(`Fetching Docker ${version} …`);
    await fetchDebianTree(tree, async (folder) => assertVersion(path.join(folder, 'usr/bin/docker'), version));
  }
  if (cachedDebianTree(COMMANDS) === null) await fetchDebianTree(COMMANDS, link);
}

/** A shell and its commands in one program without libraries. */
export function findBusybox(): string | null {
  const commands = cachedDebianTree(COMMANDS);
  if (commands === null) return null;
  return (
    ['bin/busybox', 'usr/bin/busybox'].map((name) => path.join(commands, name)).find((file) => existsSync(file)) ?? null
  );
}

/** Relative, since the tree is renamed when it is whole. */
async function link(tree: string): Promise<void> {
  await mkdir(path.join(tree, 'links'));
  for (const name of FIREWALL_LINKS) await symlink('../usr/sbin/xtables-legacy-multi', path.join(tree, 'links', name));
  await mkdir(path.join(tree, 'runc'));
  await symlink(`../../${ENGINES['20.10'].name}/usr/sbin/runc`, path.join(tree, 'runc/runc'));
}

function assertVersion(docker: string, version: DockerVersion): void {
  const said = execFileSync(docker, ['--version'], { encoding: 'utf8' });
  if (!said.includes(`version ${version}.`))
    throw new Error(`the suite of Docker ${version} has this by now: ${said.trim()}`);
}

/** Up to bookworm the package has them outside of usr; the folder is called by the architecture. */
function libraryFolders(tree: string): readonly string[] {
  const folders = ['lib', 'usr/lib'].map((name) => path.join(tree, name)).filter((folder) => existsSync(folder));
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.includes('-linux-'))
      .map((name) => path.join(folder, name)),
  );
}

/** @returns why no engine can run on this machine; null: it can */
export function whyUnfitForDocker(): string | null {
  if (process.getuid?.() !== 0) return 'it needs root';
  if (!existsSync('/usr/bin/apt-get')) return 'it is taken from Debian';
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return 'it needs overlayfs';
  if (!existsSync('/sys/fs/cgroup')) return 'it needs cgroups';
  try {
    execFileSync('unshare', ['--net', '--mount', '--pid', '--uts', '--fork', '--mount-proc', 'true'], {
      stdio: 'pipe',
    });
    return null;
  } catch (error) {
    return `it needs namespaces: ${(error as Error).message.trim()}`;
  }
}
