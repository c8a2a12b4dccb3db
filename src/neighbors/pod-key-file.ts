import { SecretFile } from '../core/secret-file.js';
import type { SecretKind } from '../core/secrets.js';

const POD_KEY: SecretKind = {
  noun: 'key',
  name: 'the key of the pod',
  without: 'bleed marks are not accepted as proof until it can be',
  faultOf: () => null,
};

/**
 * `--pod-key-file`: the keys that the nodes of a pod share, one a line. The first one signs and each is believed, so that
 * a key is exchanged in two steps: the new one below the old one on all nodes, then above it.
 */
export class PodKeyFile extends SecretFile {
  constructor(options: ConstructorParameters<typeof SecretFile>[1]) {
    super(POD_KEY, options);
  }
}
