/** The name of an image: [REGISTRY/][PATH/]NAME[:TAG][@DIGEST], as Docker reads it. */
import { isScalar } from 'yaml';
import { describe, type Reader, refuse } from '../yaml/reader.js';
import { text } from '../yaml/scalar-readers.js';

const IMAGE =
  /^([a-z0-9.-]+(:\d{1,5})?\/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;
const HINT = 'write name:tag or registry.example:5000/team/name:tag';
/** Docker's own limit, without tag and digest. */
const MAX_NAME_LENGTH = 255;
/** A longer word is more than a slip of a person, and is named by its length alone. */
const MAX_LOOKED_AT = 1_024;

const plain = text((written) => (IMAGE.test(written) ? written : null), 'the name of an image', HINT);

export const image: Reader<string> = {
  schema: plain.schema,
  read(value, place) {
    const written = isScalar(value) && typeof value.value === 'string' ? value.value : '';
    const fault = faultOf(written);
    if (fault === null) return plain.read(value, place);
    return refuse(place, value, `${describe(value)} is not the name of an image: ${fault}`, HINT);
  },
};

/** What a person most likely got wrong. */
function faultOf(written: string): string | null {
  if (written.length > MAX_LOOKED_AT) return null;
  if (/^([0-9a-f]{64}|sha256:.*)$/.test(written)) return 'it is an id, which other nodes do not know';
  const [, name = '', digest = null] = /^([^@]*)(?:@(.*))?$/s.exec(written) ?? [];
  if (digest !== null && !/^sha256:[0-9a-f]{64}$/.test(digest))
    return 'what follows @ has to be sha256: and 64 digits of 0-9 and a-f';
  const bare = name.replace(/:[^:/]*$/, '');
  if (/[A-Z]/.test(bare)) return 'capital letters are only allowed in the tag';
  if (bare.length > MAX_NAME_LENGTH) return `Docker takes ${MAX_NAME_LENGTH} characters before the tag`;
  const port = Number(/^[^/]*:(\d+)\//.exec(name)?.[1] ?? 1);
  return port < 1 || port > 65_535 ? `${port} is not a port` : null;
}
