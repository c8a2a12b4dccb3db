/** The roots that browsers and this Node trust (Mozilla's list): trust anchors that no server has to send. */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

/** Parsed at the first question: 140 certificates. By subject. */
let bySubject: ReadonlyMap<string, readonly X509Certificate[]> | null = null;

/** Does a public root sign this certificate? */
export function isIssuedByPublicRoot(certificate: X509Certificate): boolean {
  return rootsNamed(certificate.issuer).some((root) => certificate.verify(root.publicKey));
}

/**
 * Is this a public root, or a cross-signed form of one? A trust anchor is a name and a key (RFC 5280, 6.1.1 d), so
 * clients end their path here and ignore who signed this form.
 */
export function isPublicRoot(certificate: X509Certificate): boolean {
  return rootsNamed(certificate.subject).some((root) => root.publicKey.equals(certificate.publicKey));
}

function rootsNamed(subject: string): readonly X509Certificate[] {
  bySubject ??= rootsBySubject();
  return bySubject.get(subject) ?? [];
}

function rootsBySubject(): ReadonlyMap<string, readonly X509Certificate[]> {
  const roots = new Map<string, X509Certificate[]>();
  for (const pem of rootCertificates) {
    const root = new X509Certificate(pem);
    const named = roots.get(root.subject);
    if (named === undefined) roots.set(root.subject, [root]);
    else named.push(root);
  }
  return roots;
}
