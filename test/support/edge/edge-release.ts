/** Releases out of texts that people would write: definitions, a site, certificates that openssl makes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { admitApps } from '../../../edge/admit-apps.js';
import type { JudgedDomain } from '../../../edge/certificates/domain.js';
import { judgeDomains } from '../../../edge/certificates/judge-domains.js';
import { checkConfiguration } from '../../../edge/haproxy/program.js';
import { type Rendered, render } from '../../../edge/render.js';
import { readDomains } from '../../../edge/site/domain-files.js';
import type { Site } from '../../../edge/site/site.js';
import { parseSite } from '../../../edge/site/site-document.js';
import type { HaproxyVersion } from '../../../edge/syntax/configuration.js';
import { writeReleaseFiles } from '../../../src/cli/edge/release-files.js';
import { parseAppDefinitions } from '../../../src/documents/app-definition-document.js';
import type { AppDefinition } from '../../../src/model/app-definition.js';
import { formatProblem } from '../../../src/model/problem.js';
import { type Ending, temporaryFolder } from '../at-end.js';
import { haproxyOfVersion, type TestedVersion } from './haproxy-versions.js';
import { makeCertificate } from './test-certificates.js';

/** A folder that goes with the test, and in it `run`, as on a machine where HAProxy has not run yet. */
export function edgeFolder(context: Ending): string {
  const folder = temporaryFolder(context, 'edge');
  mkdirSync(path.join(folder, 'run'));
  return folder;
}

let madeFiles: ReadonlyMap<string, string> | null = null;

/** The certificates of the two domains with their keys, the same for all sites of a process: openssl starts six times for them. */
function domainFiles(): ReadonlyMap<string, string> {
  madeFiles ??= new Map(
    ['one', 'two'].map((name) => {
      const { certificate, key } = makeCertificate({ names: [`${name}.example`, `*.${name}.example`] });
      return [name, certificate + key];
    }),
  );
  return madeFiles;
}

/**
 * The two domains of all tests here: one.example and two.example, each with one more label.
 * @param domains further ones
 */
export function siteText(folder: string, more: string, domains: readonly string[] = []): string {
  for (const [name, pem] of domainFiles()) writeFileSync(path.join(folder, `${name}.pem`), pem);
  return `domains:
  - {name: one.example, certificate: one.pem, hsts: "max-age=31536000; includeSubDomains"}
  - {name: two.example, certificate: two.pem}
${domains.map((domain) => `  - ${domain}\n`).join('')}trusted_balancers: [127.0.0.0/8]
${more}
`;
}

export function siteOf(text: string, folder: string): Site {
  const { site, problems } = parseSite(text, path.join(folder, 'edge.yml'));
  if (site === null) throw new Error(problems.map(formatProblem).join('\n'));
  return site;
}

export function definitionsOf(text: string): readonly AppDefinition[] {
  const { apps, problems } = parseAppDefinitions(text, '/registry/apps.yml', 'registry');
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  return apps.map(({ definition }) => definition);
}

/** Its certificates, read and judged: two thirds of what a small site takes to be rendered. */
export async function domainsOf(site: Site): Promise<readonly JudgedDomain[]> {
  const domains = judgeDomains(await readDomains(site), { nowMs: Date.now(), warnWithinMs: 0 });
  const problems = domains.flatMap((domain) => domain.problems);
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  return domains;
}

/** @param judged the domains of the site, where it is rendered many times */
export async function renderOf(
  site: Site,
  apps: readonly AppDefinition[],
  version: HaproxyVersion | null = null,
  judged?: readonly JudgedDomain[],
): Promise<Rendered> {
  const domains = judged ?? (await domainsOf(site));
  return render({
    site,
    admission: admitApps(apps, domains),
    version,
  });
}

/** @returns what HAProxy says against the configuration; empty: nothing, not even a warning */
export async function checkWithHaproxy(
  rendered: Rendered,
  folder: string,
  version: TestedVersion = '2.6',
): Promise<string> {
  const release = path.join(folder, 'release');
  await writeReleaseFiles(release, rendered.release);
  return (await checkConfiguration(haproxyOfVersion(version), path.join(release, 'haproxy.cfg'))).output;
}
