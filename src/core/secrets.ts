/** Secrets in a file, one a line, and read strictly. */
import { readWholeFile } from './whole-file.js';

const MAX_BYTES = 65_536;
/** What nobody tries out: 16 random characters of base64 are 96 bits. */
export const MIN_SECRET_CHARS = 16;
const WRITE_ONE = 'write one with: openssl rand -base64 32';

/** What is in such a file, in the words of messages. */
export interface SecretKind {
  /** `key` */
  readonly noun: string;
  /** `the key of the pod` */
  readonly name: string;
  /** What holds for as long as none could be read. */
  readonly without: string;
  /** What is wrong with a line that is long enough, without a word of it; null: nothing. */
  readonly faultOf: (secret: string) => string | null;
}

/**
 * `#` begins a line that does not count.
 * @returns at least one
 * @throws Error with what is wrong, without a word of the content
 */
export async function readSecrets(file: string, { noun, faultOf }: SecretKind): Promise<readonly string[]> {
  const secrets: string[] = [];
  for (const [index, line] of (await readWholeFile(file, MAX_BYTES)).split(/\r?\n/).entries()) {
    const secret = line.trim();
    if (secret === '' || secret.startsWith('#')) continue;
    const fault = secret.length < MIN_SECRET_CHARS ? `has fewer than ${MIN_SECRET_CHARS} characters` : faultOf(secret);
    if (fault !== null) throw new Error(`line ${index + 1} ${fault} (${WRITE_ONE})`);
    secrets.push(secret);
  }
  if (secrets.length === 0) throw new Error(`it holds no ${noun} (${WRITE_ONE})`);
  return secrets;
}
