/** The certificates of the site, read. Their content is judged elsewhere; an unreadable file costs its own domain alone. */
import { readlink } from 'node:fs/promises';
import type { Refusal } from '../../src/core/refusal.js';
import { codeOf, reasonOf } from '../../src/core/thrown.js';
import { readWholeFile } from '../../src/core/whole-file.js';
import type { Domain, PemFile, UnreadablePemFile } from '../certificates/domain.js';
import type { Site, SiteDomain } from './site.js';

/** A chain of ten certificates with their key is 30 KB. */
const MAX_PEM_BYTES = 1_048_576;

export async function readDomains(site: Site): Promise<readonly Domain[]> {
  const domains: Domain[] = [];
  for (const domain of site.domains) domains.push(await readDomain(domain));
  return domains;
}

async function readDomain({ name, names, files, origin }: SiteDomain): Promise<Domain> {
  const { location: file, line, col } = origin;
  const pemFiles: PemFile[] = [];
  let unreadable: UnreadablePemFile | null = null;
  for (const pemFile of files) {
    try {
      pemFiles.push({ file: pemFile, text: await readWholeFile(pemFile, MAX_PEM_BYTES) });
    } catch (error) {
      unreadable ??= { file: pemFile, ...(await refusalOf(pemFile, error)) };
    }
  }
  return { name, names, pemFiles, unreadable, place: { file, line, col } };
}

async function refusalOf(file: string, error: unknown): Promise<Refusal> {
  const code = codeOf(error);
  if (code === 'ENOENT') {
    const target = await readlink(file).catch(() => null);
    if (target === null) return { message: 'this file does not exist', hint: 'write it, or name another one' };
    return {
      message: `it is a link to ${target}, which does not exist`,
      hint: 'write that file, or fix the link',
    };
  }
  if (code === 'EACCES') {
    return { message: 'this user may not read the file', hint: 'give it and its folders the right: ls -l, namei -l' };
  }
  return { message: reasonOf(error), hint: 'name a regular file with PEM text in it' };
}
