/** What all commands of the edge begin with: the site and the registry read, judged, and rendered. */
import type { Command } from 'commander';
import { judgeDomains } from '../../../edge/certificates/judge-domains.js';
import { descriptorCeiling } from '../../../edge/haproxy/descriptor-ceiling.js';
import { renderWithLastGood, routedHosts, unreadableApps } from '../../../edge/last-good-apps.js';
import { nodesOfRelease } from '../../../edge/release/pod-nodes.js';
import type { Release } from '../../../edge/release/release.js';
import type { RunningPlace } from '../../../edge/release/running-place.js';
import type { Rendered } from '../../../edge/render.js';
import type { NodeMemory } from '../../../edge/run/node-memory.js';
import type { Capacity } from '../../../edge/sections/capacity.js';
import { readDomains } from '../../../edge/site/domain-files.js';
import { readErrorPages } from '../../../edge/site/error-page-files.js';
import { type Site, wantsConsulNodes } from '../../../edge/site/site.js';
import { parseSite } from '../../../edge/site/site-document.js';
import { type HaproxyVersion, parseHaproxyVersion } from '../../../edge/syntax/configuration.js';
import { systemClock } from '../../core/clock.js';
import { codeOf, reasonOf } from '../../core/thrown.js';
import { readWholeFile } from '../../core/whole-file.js';
import { escapeText, formatProblem, type Problem } from '../../model/problem.js';
import { refuseClashes } from '../../model/slot-clashes.js';
import { type Registry, RegistryFailure, type SlotRecord, type StoredApps } from '../../registry/registry.js';
import type { CommandContext } from '../command-context.js';
import { CommandFailure, EXIT_CODES } from '../exit-codes.js';
import { addRegistryOptions, type RegistryOptionValues, withRegistry } from '../registry-options.js';

/** A site of 5 000 domains is half of it. */
const MAX_SITE_BYTES = 4_194_304;
/** Three weeks: enough for a person to be back from a holiday. */
const EXPIRY_NOTICE_MS = 21 * 86_400_000;

export interface EdgeOptionValues extends RegistryOptionValues {
  readonly site: string;
  readonly haproxy?: string;
}

export function addEdgeOptions(command: Command): Command {
  return addRegistryOptions(command)
    .option('--site <FILE>', 'what belongs to the site: domains, balancers, servers', 'edge.yml')
    .option('--haproxy <VERSION>', 'for this version alone; without it one file for all from 2.6 on');
}

interface RenderedSite extends Rendered {
  readonly site: Site;
}

/**
 * @param current the release that is switched to: a certificate or an app that is faulty now serves on as it stands there
 * @param memory of the nodes that Consul named; without it those of now alone
 * @param place where HAProxy runs, if it can't move now; null: as the site says
 * @throws CommandFailure when the site or the registry cannot be read; faults of one app or domain are problems.
 */
export async function renderFrom(
  options: EdgeOptionValues,
  context: CommandContext,
  current: Release | null = null,
  memory: NodeMemory | null = null,
  place: RunningPlace | null = null,
): Promise<RenderedSite> {
  const version = versionFrom(options.haproxy);
  const written = await readSite(options.site);
  const site = place === null ? written : { ...written, running: { ...written.running, ...placeOnly(place) } };
  const { stored, recordedSlots } = await withRegistry(options, context, async (registry) => {
    const stored = await registry.list();
    return { stored, recordedSlots: await readRecords(registry, stored) };
  });
  const domains = await readDomains(site);
  const { pages, problems: pageProblems } = await readErrorPages(site, options.site, current);
  const today = { nowMs: systemClock.wallTime(), warnWithinMs: EXPIRY_NOTICE_MS };
  const named = wantsConsulNodes(site)
    ? await (await import('./consul-nodes.js')).readConsulNodes(options.consul, context)
    : { nodes: new Map(), problems: [] };
  const consulNodes = memory?.remember(named.nodes, nodesOfRelease(current)) ?? named.nodes;
  // They may have had a way in.
  const unreadable = unreadableApps(stored, current);
  const rendered = renderWithLastGood({
    site,
    version,
    consulNodes,
    descriptorLimit: await descriptorCeiling(),
    errorPages: pages,
    stored: stored.apps,
    unreadable,
    domains: judgeDomains(domains, today, current, routedHosts(stored.apps, unreadable, current)),
    current,
    recordedSlots,
  });
  return {
    ...rendered,
    site,
    problems: [
      ...moveProblems(options.site, written.running, site.running),
      ...stored.problems,
      ...named.problems,
      ...pageProblems,
      ...rendered.problems,
    ],
  };
}

/** Without further keys of what was given. */
function placeOnly({ runDir, stateFile }: RunningPlace): RunningPlace {
  return { runDir, stateFile };
}

/** The site names another place than the one where HAProxy runs. */
function moveProblems(file: string, written: RunningPlace, kept: RunningPlace): readonly Problem[] {
  if (written.runDir === kept.runDir && written.stateFile === kept.stateFile) return [];
  const message = `process.run_dir or state_file has changed; HAProxy stays at ${kept.runDir} and ${kept.stateFile} as long as it runs`;
  const hint = 'to move it, stop edge run (TERM) and start it again';
  return [{ severity: 'warning', app: null, file, line: null, col: null, message, hint }];
}

/** Only a clash needs them, and who may read apps may not be let to read slots: the served ones decide without them. */
async function readRecords(registry: Registry, { apps }: StoredApps): Promise<readonly SlotRecord[]> {
  const users = apps.flatMap(({ definition: { name, slot, origin } }) =>
    slot === null ? [] : [{ name, slot, origin }],
  );
  if (refuseClashes(users, [], []).problems.length === 0) return [];
  return registry.slots.list().then(
    ({ slots }) => slots,
    (error: unknown) => {
      if (error instanceof RegistryFailure) return [];
      throw error;
    },
  );
}

/** @throws CommandFailure when it cannot be read, or is in error */
export async function readSite(file: string): Promise<Site> {
  const text = await readWholeFile(file, MAX_SITE_BYTES).catch((error: unknown) => {
    const reason = codeOf(error) === 'ENOENT' ? 'this file does not exist' : reasonOf(error);
    throw new CommandFailure(`${file}: ${reason}`, 'name the file of the site: --site edge.yml');
  });
  const { site, problems } = parseSite(text, file);
  if (site !== null) return site;
  throw new CommandFailure(problemLines(problems).join('\n'), 'fix the file of the site');
}

function versionFrom(written: string | undefined): HaproxyVersion | null {
  if (written === undefined) return null;
  const version = parseHaproxyVersion(written);
  if (version !== null) return version;
  throw new CommandFailure(
    `--haproxy ${escapeText(written)} is not a supported version`,
    'write 2.6 or a newer one: --haproxy 3.0',
    EXIT_CODES.usage,
  );
}

/** @returns what to do when HAProxy wants more descriptors than it gets, started from here; null when it does not */
export async function descriptorShortage({ maxConnections, descriptors }: Capacity): Promise<string | null> {
  const limit = await descriptorCeiling();
  if (descriptors <= limit) return null;
  return (
    `process.max_connections ${maxConnections} takes ${descriptors} descriptors, six for each, and HAProxy started from here may ` +
    `have ${limit}: lower it in the site, or raise the limit (LimitNOFILE= of systemd, --ulimit nofile= of Docker)`
  );
}

/** One line each, also for input with line ends. */
export function problemLines(problems: readonly Problem[]): readonly string[] {
  return problems.map(formatProblem);
}
