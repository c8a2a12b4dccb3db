/**
 * Apps + site + certificates → a release. Pure: equal input gives equal bytes, in any order of the apps. An app
 * with a value that may not stand where it would have to is left out, named, and takes no other one down.
 */
import { errorsFirst, type Problem, problemOf } from '../src/model/problem.js';
import type { Admission } from './admission.js';
import type { JudgedDomain } from './certificates/domain.js';
import { alternateFile, certificateFile } from './certificates/last-good.js';
import type { EdgeApp } from './edge-app.js';
import { linesFromNodes, NODES_FILE } from './release/pod-nodes.js';
import { CERTIFICATE_LIST, type Release, releaseFromFiles } from './release/release.js';
import type { MapEntry } from './routes/route-tables.js';
import { appBackend } from './sections/app-backend.js';
import { APP_MAPS, type AppLines, appLines, hstsValue, networkLines } from './sections/app-lines.js';
import { type Capacity, capacityOf, type SizedSite } from './sections/capacity.js';
import { ERROR_CODES, errorPage } from './sections/error-pages.js';
import { clientTableSection, edgeSection, noAppSection } from './sections/frontend.js';
import {
  defaultsSection,
  globalSection,
  httpErrorsSection,
  peersSection,
  resolversSections,
} from './sections/global.js';
import { adminSection, healthSection } from './sections/operators.js';
import { shieldSections } from './sections/shield.js';
import { errorPageFile } from './site/error-page-files.js';
import { type PodNodes, type Site, wantsConsulNodes } from './site/site.js';
import { type HaproxyVersion, type Section, textFromSections } from './syntax/configuration.js';
import { certificateLine, fileFromLines, listLine, mapLine } from './syntax/file-lines.js';
import { RefusedValue } from './syntax/refused-value.js';
import { assertRouteSpelling } from './syntax/route-spelling.js';

export interface RenderInput {
  readonly site: Site;
  readonly admission: Admission;
  /** null: one file for all versions from 2.6 on. */
  readonly version: HaproxyVersion | null;
  /** Whole responses by code; without one it is plain. */
  readonly errorPages?: ReadonlyMap<number, string>;
  /** Those that Consul names, where the site says so. */
  readonly consulNodes?: PodNodes;
  /** That HAProxy may have; without it no limit is known. */
  readonly descriptorLimit?: number;
}

export interface Rendered {
  readonly release: Release;
  /** The apps in it, by name. */
  readonly apps: readonly EdgeApp[];
  /** Their names. */
  readonly served: readonly string[];
  /** Names of the apps that have a way in and are not in it, sorted; an error names each. */
  readonly refused: readonly string[];
  /** Errors first. */
  readonly problems: readonly Problem[];
  readonly capacity: Capacity;
}

interface WrittenApp {
  readonly name: string;
  readonly backend: Section;
  readonly lines: AppLines;
}

export function render({
  site,
  admission,
  version,
  consulNodes = new Map(),
  descriptorLimit = Number.POSITIVE_INFINITY,
  errorPages = new Map(),
}: RenderInput): Rendered {
  const { place } = site.servers;
  const isFromConsul = wantsConsulNodes(site);
  const nodes = place.kind === 'nodes' && place.nodes !== 'consul' ? place.nodes : consulNodes;
  const problems: Problem[] = [];
  const written: WrittenApp[] = [];
  const keys = keysByApp(admission);
  for (const app of [...admission.apps].sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const result = writeApp(app, keys.get(app.name) ?? [], site, nodes);
    if ('backend' in result) written.push(result);
    else problems.push(result);
    if (isFromConsul && app.pods.every((pod) => !nodes.has(pod))) problems.push(nodelessProblem(app));
  }
  const backends = written.map(({ backend }) => backend);
  const capacity = capacityOf(site, backends, descriptorLimit);
  const sized = { ...site, running: { ...site.running, maxConnections: capacity.maxConnections } };
  const served = new Set(written.map(({ name }) => name));
  const entries = (table: readonly MapEntry[]): readonly MapEntry[] => table.filter(({ app }) => served.has(app));
  const tables = {
    exact: sortedByKey(entries(admission.tables.exact)),
    path_regex: entries(admission.tables.pathRegex),
    prefix: sortedByKey(entries(admission.tables.prefix)),
    host_regex: entries(admission.tables.hostRegex),
  };
  const domains = admission.domains.filter(({ certificate }) => certificate !== null);
  const files: (readonly [string, string])[] = [
    ['haproxy.cfg', textFromSections(sectionsOf(sized, backends, domains.length > 0), version)],
    ...Object.entries(tables).map(
      ([name, table]) =>
        [`maps/${name}.map`, fileFromLines(table.map(({ key, app }) => mapLine('edge.routes', key, app)))] as const,
    ),
    ...APP_MAPS.map(
      (map) => [`maps/${map}.map`, fileFromLines(written.flatMap(({ lines }) => lines.maps.get(map) ?? []))] as const,
    ),
    ...written.flatMap(({ name, lines }) => [
      [`lists/allow/${name}.lst`, fileFromLines(lines.allow)] as const,
      [`lists/deny/${name}.lst`, fileFromLines(lines.deny)] as const,
    ]),
    ...siteFiles(site, domains),
    ...ERROR_CODES.map((code) => [errorPageFile(code), errorPages.get(code) ?? errorPage(code, null)] as const),
    ...(isFromConsul ? [[NODES_FILE, fileFromLines(linesFromNodes(nodes))] as const] : []),
  ];
  const names = problems.filter(({ severity }) => severity === 'error').flatMap(({ app }) => app ?? []);
  return {
    release: releaseFromFiles(files),
    apps: admission.apps.filter(({ name }) => served.has(name)),
    served: [...served],
    refused: [...admission.refused, ...names].sort(),
    problems: errorsFirst([...admission.problems, ...problems]),
    capacity,
  };
}

function keysByApp({ tables }: Admission): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const { key, app } of [...tables.exact, ...tables.pathRegex, ...tables.prefix, ...tables.hostRegex]) {
    const own = keys.get(app);
    if (own === undefined) keys.set(app, [key]);
    else own.push(key);
  }
  return keys;
}

function writeApp(app: EdgeApp, keys: readonly string[], site: Site, nodes: PodNodes): WrittenApp | Problem {
  try {
    for (const route of app.edge.routes) assertRouteSpelling(route);
    for (const key of keys) mapLine('edge.routes', key, app.name);
    return { name: app.name, backend: appBackend(app, site, nodes), lines: appLines(app) };
  } catch (error) {
    if (!(error instanceof RefusedValue)) throw error;
    return problemOf(app, 'error', `${app.name}.${error.field}: ${error.reason}`, 'the app is left out');
  }
}

function nodelessProblem(app: EdgeApp): Problem {
  const message = `${app.name}.pods: Consul names no node of ${app.pods.join(', ')}`;
  return problemOf(app, 'warning', message, 'the app answers 503 until a node of its pods registers itself');
}

function sectionsOf(site: SizedSite, backends: readonly Section[], hasTls: boolean): readonly Section[] {
  return [
    globalSection(site),
    httpErrorsSection(),
    ...resolversSections(site),
    peersSection(site),
    defaultsSection(site),
    healthSection(site),
    adminSection(site),
    clientTableSection(),
    ...(hasTls ? shieldSections(site) : []),
    edgeSection(site, hasTls),
    noAppSection(),
    ...backends,
  ];
}

function siteFiles(site: Site, domains: readonly JudgedDomain[]): readonly (readonly [string, string])[] {
  const scopes = domains.flatMap(({ name, names }) => names.map((key) => mapLine('site.domains', key, name)));
  const hsts = site.domains.flatMap(({ name, hsts }) =>
    hsts === null ? [] : [mapLine('site.domains.hsts', name, hstsValue('site.domains.hsts', hsts))],
  );
  const certificates = domains.flatMap(filesOfDomain);
  const lines = domains.flatMap((domain) =>
    filesOfDomain(domain).map(([file]) => certificateLine('site.domains', file, domain.names)),
  );
  return [
    ...certificates,
    [CERTIFICATE_LIST, fileFromLines(lines)],
    ['maps/cert_scope.map', fileFromLines(scopes.sort())],
    ['maps/hsts.map', fileFromLines(hsts.sort())],
    ['lists/trusted_balancers.lst', fileFromLines(networkLines('site.trusted_balancers', site.trustedBalancers))],
    ['lists/deny_src.lst', fileFromLines(networkLines('site.deny', site.deny))],
    [
      'lists/bad_ua.lst',
      fileFromLines(site.badUserAgents.toSorted().map((part) => listLine('site.bad_user_agents', part))),
    ],
  ];
}

/** Of two lines with the same names HAProxy takes the one whose key the client's hello allows. */
function filesOfDomain({ name, certificate, alternate }: JudgedDomain): readonly (readonly [string, string])[] {
  return [
    ...(certificate === null ? [] : [[certificateFile(name), certificate.pem] as const]),
    ...(alternate === null ? [] : [[alternateFile(name, alternate.kind), alternate.pem] as const]),
  ];
}

function sortedByKey(entries: readonly MapEntry[]): readonly MapEntry[] {
  return [...entries].sort((one, other) => (one.key < other.key ? -1 : 1));
}
