/** Lists of pods. */
import type { Reader } from '../yaml/reader.js';
import { refuse } from '../yaml/reader.js';
import { text } from '../yaml/scalar-readers.js';
import { list } from '../yaml/table-reader.js';
import { INVALID } from '../yaml/yaml-text.js';

/** Names of apps and pods: RFC 1123, 2.1, and a letter first. They become labels of DNS names and words of configurations. */
export const DNS_LABEL = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

const pod = text(
  (written) => (DNS_LABEL.test(written) ? written : null),
  'a name of a pod',
  'write a letter, then a-z, 0-9 and -, at most 63 in all',
);

const podList = list(pod, 'write [alpha, beta]');

/** Sorted, each once; may be empty. */
export const podNames: Reader<readonly string[]> = {
  schema: { ...podList.schema, uniqueItems: true },
  read(value, place) {
    const read = podList.read(value, place);
    if (read === INVALID) return INVALID;
    const twice = read.find((name, index) => read.indexOf(name) !== index);
    if (twice !== undefined) return refuse(place, value, `${twice} is listed twice`, 'keep one of them');
    return read.toSorted();
  },
};
