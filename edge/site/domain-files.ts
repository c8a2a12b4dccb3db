/** The certificates of the site, read. What is in them is judged elsewhere; a file that can not be read costs its domain alone. */
import { X509Certificate } from 'node:crypto';
import { readWholeFile } from '../../src/core/whole-file.js';
import type { Problem } from '../../src/model/problem.js';
import { parseRouteHost } from '../../src/model/route-host.js';
import type { Domain, PemFile } from '../certificates/domain.js';
import type { Site, SiteDomain } from './site.js';

/** A chain of ten certificates with their key is 30 KB. */
const MAX_PEM_BYTES = 1_048_576;

export interface ReadDomains {
  readonly domains: readonly Domain[];
  readonly problems: readonly Problem[];
}

export async function readDomains(site: Site): Promise<ReadDomains> {
  const domains: Domain[] = [];
  const problems: Problem[] = [];
  for (const domain of site.domains) {
    const { location: file, line, col } = domain.origin;
    try {
      const pemFiles = await readPemFiles(domain);
      const names = domain.names.length > 0 ? domain.names : namesIn(pemFiles, domain.name);
      domains.push({ name: domain.name, names, pemFiles, place: { file, line, col } });
    } catch (error) {
      const message = `${domain.name}: ${(error as Error).message}`;
      problems.push({
        severity: 'error',
        app: null,
        file,
        line,
        col,
        message,
        hint: 'mend it; until then it is faulty',
      });
      const names = domain.names.length > 0 ? domain.names : [domain.name];
      domains.push({ name: domain.name, names, pemFiles: [], place: { file, line, col } });
    }
  }
  return { domains, problems };
}

async function readPemFiles({ files }: SiteDomain): Promise<readonly PemFile[]> {
  return Promise.all(files.map(async (file) => ({ file, text: await readWholeFile(file, MAX_PEM_BYTES) })));
}

/** What is no host of ours (an address, a name with "*" inside) is none that could be served. */
function namesIn(pemFiles: readonly PemFile[], fallback: string): readonly string[] {
  for (const { text } of pemFiles) {
    if (!text.includes('BEGIN CERTIFICATE')) continue;
    const names = subjectNames(text).flatMap((name) => {
      const host = parseRouteHost(name);
      if ('message' in host || host.kind === 'regex') return [];
      return [host.kind === 'exact' ? host.host : `*.${host.suffix}`];
    });
    if (names.length > 0) return [...new Set(names)].sort();
  }
  return [fallback];
}

function subjectNames(text: string): readonly string[] {
  try {
    const { subjectAltName = '' } = new X509Certificate(text);
    return subjectAltName.split(', ').flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4)] : []));
  } catch {
    // It will be refused where certificates are judged, with the reason.
    return [];
  }
}
