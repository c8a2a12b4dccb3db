/** A certificate with its key, found to be good: they belong together, it holds today, it covers what it is to serve. */
export interface Certificate {
  /** The leaf, the rest of the chain in order, the key: the one file that HAProxy reads. Secret. */
  readonly pem: string;
  /** DNS names that it covers, in lower case, sorted; `*.` in front stands for exactly one label. */
  readonly names: readonly string[];
  /** Of the key. */
  readonly kind: 'rsa' | 'ecdsa';
  /** Milliseconds since 1970. */
  readonly notAfterMs: number;
  /** Of the leaf, SHA-256, pairs of hex digits in capitals with `:` between. */
  readonly fingerprint256: string;
}
