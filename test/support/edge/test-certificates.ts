/** Certificates for tests, made by openssl when they are asked for: no key of ours is ever in the tree. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TestCertificate {
  /** PEM of the certificate alone. */
  readonly certificate: string;
  /** PEM of its key, without a passphrase. */
  readonly key: string;
}

export interface CertificateWish {
  /** DNS names; none for an authority. */
  readonly names?: readonly string[];
  /** Names of other kinds, as openssl writes them: `URI:http://one.example`. */
  readonly otherNames?: readonly string[];
  /** Arguments of `openssl genpkey`; default: the curve P-256. */
  readonly key?: readonly string[];
  /** Has the key of that one. */
  readonly keyOf?: TestCertificate;
  /** Whose key signs it; null: its own. */
  readonly issuer?: TestCertificate | null;
  readonly isAuthority?: boolean;
  readonly digest?: string;
  /** Of a server or client; null: the certificate does not say what it is for. Default: serverAuth. */
  readonly usage?: string | null;
  /** Whole days from now; negative ones are over. */
  readonly days?: number;
  /** `20300101000000Z`; takes the place of days. */
  readonly notBefore?: string;
  /** The common name; more parts of the name behind it, as openssl writes them: `one.example/O=One`. */
  readonly subject?: string;
}

const P256 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

export function makeCertificate(wish: CertificateWish): TestCertificate {
  const folder = mkdtempSync(path.join(tmpdir(), 'autoproxy-certificate-'));
  try {
    return makeIn(folder, wish);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeIn(folder: string, wish: CertificateWish): TestCertificate {
  const { names = [], key = P256, issuer = null, isAuthority = false, digest = 'sha256', usage = 'serverAuth' } = wish;
  const alternatives = [...names.map((name) => `DNS:${name}`), ...(wish.otherNames ?? [])];
  const file = (name: string): string => path.join(folder, name);
  if (wish.keyOf === undefined) openssl(folder, ['genpkey', ...key, '-out', 'key.pem']);
  else writeFileSync(file('key.pem'), wish.keyOf.key);
  const subject = wish.subject ?? (isAuthority ? 'test authority' : (names[0] ?? 'nobody'));
  openssl(folder, ['req', '-new', '-key', 'key.pem', '-subj', `/CN=${subject}`, '-out', 'request.pem']);
  const extensions = [
    `basicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}`,
    ...(isAuthority || usage === null ? [] : [`extendedKeyUsage=${usage}`]),
    ...(alternatives.length > 0 ? ['subjectAltName=@names'] : []),
  ];
  writeFileSync(
    file('extensions.cnf'),
    `[extensions]\n${extensions.join('\n')}\n[names]\n${alternatives.map(nameLine).join('\n')}\n`,
  );
  if (issuer !== null) {
    writeFileSync(file('issuer.pem'), issuer.certificate);
    writeFileSync(file('issuer-key.pem'), issuer.key);
  }
  openssl(folder, ['ca', ...caArguments(folder, wish, issuer !== null, digest)]);
  return { certificate: readFileSync(file('certificate.pem'), 'utf8'), key: readFileSync(file('key.pem'), 'utf8') };
}

/** A section takes what has a comma in it. */
function nameLine(name: string, index: number): string {
  return name.replace(':', `.${index}=`);
}

/** `openssl ca` and not `x509`: it alone takes both ends of the time in which a certificate holds. */
function caArguments(folder: string, wish: CertificateWish, hasIssuer: boolean, digest: string): readonly string[] {
  const config = [
    '[ca]\ndefault_ca=it\n[it]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\npolicy=any\nunique_subject=no',
    '[any]\ncommonName=supplied\norganizationName=optional\norganizationalUnitName=optional\n',
  ].join('\n');
  writeFileSync(path.join(folder, 'ca.cnf'), config);
  writeFileSync(path.join(folder, 'index.txt'), '');
  writeFileSync(
    path.join(folder, 'serial'),
    `${Math.floor(Math.random() * 0xffff_ffff)
      .toString(16)
      .padStart(8, '1')}\n`,
  );
  const signer = hasIssuer
    ? ['-cert', 'issuer.pem', '-keyfile', 'issuer-key.pem']
    : ['-selfsign', '-keyfile', 'key.pem'];
  const endMs = Date.now() + (wish.days ?? 30) * 86_400_000;
  const begin = wish.notBefore ?? stampOf(Date.now() - 400 * 86_400_000);
  const end = wish.notBefore === undefined ? stampOf(endMs) : '20991231235959Z';
  return [
    ...['-batch', '-notext', '-config', 'ca.cnf', '-in', 'request.pem', '-out', 'certificate.pem', '-md', digest],
    ...['-extfile', 'extensions.cnf', '-extensions', 'extensions', '-startdate', begin, '-enddate', end],
    ...signer,
  ];
}

function stampOf(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:T]|\.\d+/g, '');
}

function openssl(folder: string, args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}
