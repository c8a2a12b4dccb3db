/** The arrows of imports, one row a folder; layout.test.ts holds the code to them. */
interface Arrows {
  /** Folders of src, bench and test/support, single files of src and test, or `edge`. */
  readonly to: readonly string[];
  readonly why: string;
}

const ADMIN_CLIENT = [
  ...['admin/client.ts', 'admin/state-document.ts', 'admin/why-document.ts', 'admin/config-document.ts'],
  ...['admin/events-document.ts', 'admin/events-query.ts', 'admin/admin-token.ts', 'admin/socket-probe.ts'],
  ...['admin/client-error.ts', 'admin/sessions-document.ts'],
];

const REAL_PARTS = 'the tests start them, so that both mean the same; nothing that a test asserts with comes along';

export const ARROWS: Readonly<Record<string, Arrows>> = {
  core: { to: [], why: 'a leaf: whoever imports it must get nothing else with it' },
  http1: { to: ['core'], why: 'a codec: bytes in, events out, to be fuzzed and measured alone' },
  'proxy-protocol': { to: ['core'], why: 'a codec: bytes in, an address out' },
  metrics: { to: ['core'], why: 'counters travel between all processes, so they may know none of them' },
  model: { to: ['core'], why: 'the nouns: sources, edge and CLI share them without sharing anything else' },
  yaml: {
    to: ['core', 'model'],
    why: 'text becomes nodes and values with their places; what an app is, it does not know',
  },
  regex: { to: ['core'], why: 'expressions are judged before anything runs them, whoever wrote them' },
  documents: {
    to: ['core', 'model', 'yaml', 'regex'],
    why: 'how apps are written, in services files and in the registry; the nouns do not know it',
  },
  config: {
    to: ['yaml', 'core', 'model', 'access-log/format/access-format.ts', 'access-log/targets/syslog-place.ts'],
    why: 'options are known, and formats and receivers judged, before anything runs',
  },
  'access-log': {
    to: ['core'],
    why: 'facts become lines, and lines go out; who serves is told of no format and of no target',
  },
  snapshot: { to: ['core', 'model'], why: 'the contract between the planes imports neither plane' },
  consul: {
    to: ['core', 'model', 'config'],
    why: 'how Consul is spoken to, for all who read or write there; what it means is theirs',
  },
  docker: {
    to: ['core', 'model', 'config'],
    why: 'how a Docker engine is followed, for all who ask about its containers; what a container serves is theirs',
  },
  sources: { to: ['core', 'model'], why: 'what every source says; the merge is not its business' },
  'sources/overrides': {
    to: ['documents', 'core', 'model'],
    why: 'decisions of operators, and the file that keeps them',
  },
  'sources/directory': {
    to: ['documents', 'core', 'model', 'sources/source.ts'],
    why: 'files of a directory, from text to a reading; no other source is known',
  },
  'sources/consul': {
    to: ['documents', 'core', 'model', 'consul', 'sources/source.ts'],
    why: 'how Consul is spoken to stands in consul; here is what its answers mean',
  },
  'sources/docker': {
    to: ['documents', 'core', 'model', 'docker', 'sources/source.ts'],
    why: 'how the engine is followed stands in docker; here is what its containers offer',
  },
  registry: { to: ['documents', 'core', 'model', 'consul'], why: 'it writes what people decided, whoever runs it' },
  placement: {
    to: ['core', 'model', 'docker'],
    why: 'definitions become services of Swarm; where the definitions come from is not its business',
  },
  neighbors: { to: ['core', 'model', 'consul'], why: 'who they are does not depend on what is served' },
  registrar: {
    to: ['core', 'model', 'documents', 'consul', 'docker'],
    why: 'containers become services of the agent; what this node serves does not depend on it',
  },
  health: {
    to: ['core', 'model', 'proxy-protocol', 'http1'],
    why:
      'it measures what it is told to, begins connections as the traffic does and reads responses as it does, so that ' +
      'no instance is down for what its clients would get; the merge takes its answers',
  },
  state: {
    to: ['core', 'model', 'snapshot', 'sources/source.ts'],
    why: 'merge, difference and compilation are pure: no source, no socket',
  },
  'proxy/io': {
    to: ['core'],
    why: 'sockets, buffers and time: what the bytes mean is known above',
  },
  'proxy/balance': {
    to: ['core', 'snapshot'],
    why: 'a policy sees candidates, so that it can be tried with numbers alone',
  },
  'proxy/limits': { to: ['core', 'snapshot'], why: 'what is counted and lent does not depend on who serves' },
  'proxy/roles': {
    to: ['core', 'http1', 'proxy/io'],
    why: 'what the client, the exchange and the instance may ask of each other; none of them is named here',
  },
  'proxy/slot': {
    to: [
      ...['core', 'http1', 'snapshot', 'metrics', 'access-log/facts.ts'],
      ...['proxy/io', 'proxy/balance', 'proxy/limits', 'proxy/roles'],
    ],
    why: 'the facts that outlive connections; a connection is known by its role',
  },
  'proxy/client': {
    to: ['core', 'http1', 'proxy-protocol', 'snapshot', 'proxy/io', 'proxy/slot'],
    why: 'who the client is, and how an instance is told so, is decided once a connection',
  },
  'proxy/exchange': {
    to: [
      ...['core', 'http1', 'metrics', 'access-log/facts.ts'],
      ...['proxy/io', 'proxy/roles', 'proxy/slot', 'proxy/client'],
    ],
    why: 'the way of a request to an instance and back; it sees both sides by their roles and no socket',
  },
  'proxy/http': {
    to: [
      ...['core', 'http1', 'proxy-protocol', 'snapshot'],
      ...['proxy/io', 'proxy/roles', 'proxy/slot', 'proxy/client', 'proxy/exchange'],
    ],
    why: 'the two connections of an HTTP request; they meet in the exchange alone',
  },
  'proxy/tcp': {
    to: [
      'core',
      'metrics',
      'proxy-protocol',
      'proxy/io',
      'proxy/roles',
      'proxy/slot',
      'proxy/client',
      'proxy/exchange',
    ],
    why: 'the two connections of a TCP client; HTTP is not known here',
  },
  'proxy/entry': {
    to: [
      ...['core', 'http1', 'proxy-protocol', 'metrics'],
      ...['proxy/io', 'proxy/limits', 'proxy/slot', 'proxy/client', 'proxy/exchange', 'proxy/http', 'proxy/tcp'],
    ],
    why: 'it decides who serves a new connection, and is known by nobody who does',
  },
  proxy: {
    to: [
      ...['core', 'snapshot', 'metrics', 'access-log/facts.ts'],
      ...['proxy/io', 'proxy/limits', 'proxy/slot', 'proxy/exchange', 'proxy/http', 'proxy/entry'],
    ],
    why: 'the data plane runs from a snapshot alone; a worker must not need the control plane',
  },
  cluster: { to: ['core', 'snapshot', 'metrics'], why: 'it carries snapshots and reports and understands neither' },
  admin: { to: ['core', 'model', 'metrics'], why: 'it shows state; it does not make it' },
  'worker.ts': {
    to: ['core', 'access-log', 'snapshot', 'cluster', 'metrics', 'proxy', 'proxy/limits/client-limit.ts'],
    why: 'the root of the data plane loads no file of the control plane',
  },
  systemd: { to: ['core'], why: 'node and edge tell systemd in one way how they do' },
  control: {
    to: [
      'core',
      'model',
      'config',
      'consul',
      'docker',
      'sources',
      'sources/consul',
      'sources/directory',
      'sources/docker',
      'sources/overrides',
      'neighbors',
      'state',
      'health',
      'snapshot',
      'cluster',
      'metrics',
      'registrar',
    ],
    why:
      'the parts of the control plane meet here and never serve traffic, so no codec and no proxy is loaded; what is ' +
      'told of them is told by report',
  },
  report: {
    to: [
      'core',
      'model',
      'config',
      'sources',
      'sources/overrides',
      'health',
      'state',
      'snapshot',
      'cluster',
      'metrics',
      'admin',
      'control',
      'registrar',
      'systemd',
    ],
    why: 'it looks at all parts of the control plane, keeps their history and answers for the node',
  },
  'node-parts.ts': {
    to: ['core', 'config', 'sources/overrides', 'neighbors', 'state', 'health', 'cluster', 'control', 'report'],
    why: 'the parts of the control plane are made here, each with those that it needs; when they begin is not its business',
  },
  'primary.ts': {
    to: ['core', 'config', 'state', 'cluster', 'control', 'report', 'systemd', 'node-parts.ts'],
    why: 'the root of the control plane never serves traffic, so it loads no codec and no proxy',
  },
  'index.ts': {
    to: ['core', 'config', 'snapshot', 'metrics', 'proxy', 'primary.ts'],
    why: 'the public API re-exports what others may build on',
  },
  cli: {
    to: [
      'documents',
      'core',
      'model',
      'config',
      'registry',
      'placement',
      'consul',
      'docker',
      'edge',
      'primary.ts',
      'control/signals.ts',
      'systemd',
      ...ADMIN_CLIENT,
      'metrics/histogram.ts',
      'sources/directory/files.ts',
      'sources/directory/reading.ts',
      'neighbors/backups-file.ts',
      ...['health/probe-http.ts', 'health/probe-tcp.ts', 'cluster/port-holder.ts', 'proxy/limits/descriptor-budget.ts'],
      ...['log-file.ts', 'log-socket.ts', 'syslog-place.ts'].map((file) => `access-log/targets/${file}`),
    ],
    why:
      'commands speak to a node through its admin API, and `stop` to Docker; `check` reads a directory with the very code of the sources ' +
      'and the merge; signals mean to the edge what they mean to a node, and systemd is told of both alike; tables take percentiles of the difference of two histograms; and `doctor` asks as the checks of a node do, divides descriptors as a worker does, and looks for the file or the socket of the access log as its workers do',
  },
  edge: {
    to: ['documents', 'yaml', 'regex', 'core', 'model', 'registry'],
    why: 'a generator of files; it knows no running node',
  },
  'test/support': { to: ['core'], why: 'what each test needs: addresses, ends, clocks, chance' },
  'test/support/machine': {
    to: ['test/support'],
    why: 'programs of the system, networks and disks; no part of autoproxy',
  },
  'test/support/traffic': {
    to: ['test/support', 'test/support/machine', 'proxy-protocol', 'proxy/io'],
    why: 'clients and instances; what stands between them, they do not know',
  },
  'test/support/consul': {
    to: ['test/support', 'test/support/machine', 'test/support/traffic'],
    why: 'a real Consul and its faults; what it is asked for is the business of others',
  },
  'test/support/docker': {
    to: ['docker', 'test/support', 'test/support/machine'],
    why: 'real engines and a scripted one, which answers as the client reads; what containers serve is the business of others',
  },
  'test/support/node': {
    to: [
      ...['core', 'access-log', 'model', 'metrics', 'snapshot', 'sources', 'admin', 'cli'],
      ...['proxy', 'proxy/io', 'proxy/limits'],
      ...['test/support', 'test/support/machine', 'test/support/traffic', 'test/support/consul'],
    ],
    why: 'nodes as people run them, and the data plane alone; a fleet has a Consul',
  },
  'test/support/edge': {
    to: [
      ...['edge', 'cli', 'documents', 'model', 'proxy-protocol'],
      ...['test/support', 'test/support/machine', 'test/support/traffic', 'test/support/node'],
    ],
    why: 'front doors as people run them, with real HAProxy',
  },
  'test/support/swarm': {
    to: [
      ...['test/support', 'test/support/machine', 'test/support/docker', 'test/support/edge', 'test/support/node'],
      'test/support/traffic',
    ],
    why: 'a Swarm as people run it: engines, a node beside each, a balancer in front',
  },
  'test/support/pages': {
    to: [...['test/support', 'test/support/machine', 'test/support/consul', 'test/support/node', 'test/support/edge']],
    why: 'a page of the documents is tried with all that its reader has',
  },
  bench: {
    to: [
      ...['bench/contenders', 'bench/generators', 'bench/micro', 'bench/workloads'],
      ...['admin/state-document.ts', 'http1/request-head.ts'],
      ...['test/support', 'test/support/machine', 'test/support/node', 'test/support/traffic'],
    ],
    why: `a command measures what people run: ${REAL_PARTS}`,
  },
  'bench/consul.ts': {
    to: ['bench', 'bench/fleet', 'test/support/machine', 'test/support/node'],
    why: `a node in a fleet with a real Consul: ${REAL_PARTS}`,
  },
  'bench/docker.ts': {
    to: ['bench', 'bench/containers', 'test/support/docker'],
    why: `a node beside real engines: ${REAL_PARTS}`,
  },
  'bench/setup.ts': {
    to: ['bench', 'test/support/machine', 'test/support/edge/haproxy-versions.ts'],
    why: 'it brings the programs that are measured: the same that the tests run',
  },
  'bench/edge.ts': {
    to: ['bench', 'edge/haproxy/program.ts', 'test/support', 'test/support/machine', 'test/support/edge'],
    why: `a front door with real HAProxy: ${REAL_PARTS}`,
  },
  'bench/placement.ts': {
    to: ['bench', 'bench/placement', 'test/support/docker', 'test/support/swarm'],
    why: `a real Swarm: ${REAL_PARTS}`,
  },
  'bench/reuse.ts': {
    to: [
      ...['bench', 'test/compat/installable.ts', 'test/compat/servers/all.ts', 'test/compat/servers/real-server.ts'],
      'test/support/traffic',
    ],
    why: 'it measures with the real servers that the matrix of test/compat is about',
  },
  'bench/containers': {
    to: ['bench', 'test/support', 'test/support/docker', 'test/support/node', 'test/support/traffic'],
    why: `a node beside an engine with its containers: ${REAL_PARTS}`,
  },
  'bench/contenders': {
    to: ['bench', 'bench/workloads', 'test/support/machine', 'test/support/edge/haproxy-versions.ts'],
    why: `a contender is a real program: ${REAL_PARTS}`,
  },
  'bench/fleet': {
    to: ['bench', 'admin/state-document.ts', 'test/support/consul', 'test/support/node'],
    why: `a real Consul and its faults: ${REAL_PARTS}`,
  },
  'bench/generators': {
    to: ['bench', 'bench/contenders', 'test/support/machine'],
    why: 'a generator is a real program, found where the others are',
  },
  'bench/micro': {
    to: ['bench', 'http1', 'proxy/balance', 'proxy/slot', 'snapshot', 'test/support'],
    why: 'it measures parts of the hot path alone, so it alone takes them out of the node',
  },
  'bench/placement': {
    to: [
      ...['bench', 'test/support', 'test/support/docker', 'test/support/node', 'test/support/swarm'],
      'test/support/traffic',
    ],
    why: `a real Swarm: ${REAL_PARTS}`,
  },
  'bench/workloads': {
    to: ['bench', 'bench/contenders', 'bench/generators'],
    why: 'what is asked of a contender, whichever it is',
  },
};
