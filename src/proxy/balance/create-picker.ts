import type { SlotSnapshot } from '../../snapshot/snapshot.js';
import type { Candidate } from './candidate.js';
import { LeastConnectionsPicker } from './least-connections.js';
import type { Picker, PickerOptions } from './picker.js';
import { RandomPicker } from './random.js';
import { RoundRobinPicker } from './round-robin.js';
import { SourceHashPicker } from './source-hash.js';

export function createPicker<C extends Candidate>(balance: SlotSnapshot['balance'], options: PickerOptions): Picker<C> {
  switch (balance) {
    case 'roundrobin':
      return new RoundRobinPicker<C>(options);
    case 'leastconn':
      return new LeastConnectionsPicker<C>(options);
    case 'random':
      return new RandomPicker<C>(options);
    case 'source':
      return new SourceHashPicker<C>();
  }
}
