import { DROP, FIELD, type FieldKind, type FieldReader, type FieldVerdict, KEEP } from './fields.js';

/**
 * What a receiver that merges trailers into the head must not find there, because the head has been judged and forwarded
 * already: what frames, routes, authenticates or conditions a message, says who sent it, or how its content is to be
 * read (RFC 9110 6.5.1). Lower case; any other character but letters and digits stands for "-".
 */
const FORBIDDEN: ReadonlySet<string> = new Set(
  `content-length transfer-encoding te trailer connection keep-alive proxy-connection upgrade http2-settings
   host forwarded x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-forwarded-prefix
   x-forwarded-server x-forwarded-ssl x-real-ip x-client-ip x-cluster-client-ip true-client-ip cf-connecting-ip
   x-original-url x-rewrite-url x-http-method-override x-http-method x-method-override via max-forwards proxy
   x-autoproxy-bled-by
   authorization proxy-authorization www-authenticate proxy-authenticate authentication-info
   proxy-authentication-info cookie set-cookie
   cache-control expect pragma range if-match if-none-match if-modified-since if-unmodified-since if-range
   age date expires location retry-after vary warning
   content-encoding content-type content-range content-location content-disposition
   content-security-policy strict-transport-security access-control-allow-origin access-control-allow-credentials`.split(
    /\s+/,
  ),
);

/** Reads the lines of a trailer section; those that may not stand there are dropped. */
export class TrailerReader implements FieldReader {
  block = '';

  onField(kind: FieldKind): FieldVerdict {
    return kind === FIELD.OTHER ? KEEP : DROP;
  }

  /** What may be forwarded of the section that was read, each line with its line end. Trailers are rare: it may be slow. */
  allowedLines(): string {
    if (this.block === '') return '';
    const lines = this.block.split('\r\n').filter((line) => line !== '' && !FORBIDDEN.has(nameOf(line)));
    return lines.map((line) => `${line}\r\n`).join('');
  }
}

function nameOf(line: string): string {
  return line
    .slice(0, line.indexOf(':'))
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '-');
}
