/** Which tests guard which folder, and how many of its mutants they have to kill. */

/** Percent of the mutants that count. Equivalent ones (equivalents/) do not count. */
export const BOUND = 85;

export interface GuardedFolder {
  /** As the command and the table name it. */
  readonly name: string;
  /** From the root. Its compiled files are mutated. */
  readonly source: string;
  /** Paths below test/ without `.test.ts`, or folders of them, in the order in which they are asked. The first failure ends it. */
  readonly guards: readonly string[];
  /** Left out: too slow to be asked once for each mutant that survives, or not to be asked of code with switches in it. */
  readonly slow?: readonly string[];
  /** Asked last: seconds each. */
  readonly late?: readonly string[];
  /** All guards take a few seconds together: part of `quick`, which .ci/run samples. */
  readonly isQuick: boolean;
}

export const FOLDERS: readonly GuardedFolder[] = [
  {
    name: 'http1',
    source: 'src/http1',
    guards: ['http1'],
    late: ['http1/cases', 'http1/chunked-properties', 'http1/differential'],
    isQuick: true,
  },
  { name: 'proxy-protocol', source: 'src/proxy-protocol', guards: ['proxy-protocol'], isQuick: true },
  { name: 'state', source: 'src/state', guards: ['state'], isQuick: true },
  { name: 'health', source: 'src/health', guards: ['health'], isQuick: true },
  {
    name: 'registry',
    source: 'src/registry',
    guards: ['registry'],
    // Processes that fight for slots: allocate-properties has the histories, in one process.
    slow: ['registry/allocators'],
    // A real Consul for most of their tests.
    late: [
      'registry/registry',
      'registry/failed-put',
      'registry/slot-races',
      'registry/history-properties',
      'registry/consul',
      'registry/consul-failures',
    ],
    isQuick: false,
  },
  {
    name: 'docker',
    source: 'src/docker',
    guards: ['docker'],
    // A real engine: its answers and events stand in the other tests.
    slow: ['docker/real-engine'],
    late: ['docker/container-book-properties'],
    isQuick: false,
  },
  {
    name: 'registrar',
    source: 'src/registrar',
    guards: ['registrar'],
    // Real agents, seconds each: the other tests have one on a script, and a clock of their own.
    slow: ['registrar/rights', 'registrar/two-registrars', 'registrar/registrar'],
    isQuick: false,
  },
  {
    name: 'routes',
    source: 'edge/routes',
    guards: ['edge/routes'],
    // A real HAProxy: find-app asks the maps in the same way.
    slow: ['edge/routes/haproxy'],
    isQuick: true,
  },
  {
    name: 'certificates',
    source: 'edge/certificates',
    guards: ['edge/certificates', 'edge/admit-apps'],
    isQuick: true,
  },
  { name: 'syntax', source: 'edge/syntax', guards: ['edge/syntax'], isQuick: true },
  {
    name: 'proxy',
    source: 'src/proxy',
    guards: ['proxy', 'promises', 'attacks'],
    // Thousands of descriptors, and a real HAProxy. The last two count calls and bytes, and Stryker's switches cost both.
    slow: [
      'promises/few-descriptors',
      'promises/cut-responses',
      'promises/calls-per-request',
      'promises/bytes-per-request',
    ],
    late: [
      'promises/framing-agrees',
      'proxy/entry/bleed-door',
      'proxy/snapshot-keys',
      'proxy/limits/descriptor-budget',
      'proxy/limits/client-limit',
    ],
    isQuick: false,
  },
];

/** @throws Error that names the folders there are */
export function chooseFolders(names: readonly string[]): readonly GuardedFolder[] {
  const isChosen = (folder: GuardedFolder, name: string) =>
    name === folder.name || name === folder.source || (name === 'quick' && folder.isQuick);
  const unknown = names.filter((name) => !FOLDERS.some((folder) => isChosen(folder, name)));
  if (unknown.length > 0) {
    const known = FOLDERS.map(({ name }) => name).join(', ');
    throw new Error(
      `no folder is called ${unknown.join(', ')}; there are ${known}, and quick for those with quick tests`,
    );
  }
  return names.length === 0 ? FOLDERS : FOLDERS.filter((folder) => names.some((name) => isChosen(folder, name)));
}
