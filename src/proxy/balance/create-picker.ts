import type { SlotSnapshot } from '../../snapshot/snapshot.js';
import { LeastConnectionsPicker } from './least-connections.js';
import type { Picker, PickerOptions } from './picker.js';
import { RandomPicker } from './random.js';
import { RoundRobinPicker } from './round-robin.js';
import { SourceHashPicker } from './source-hash.js';

export function createPicker(balance: SlotSnapshot['balance'], options: PickerOptions): Picker {
  switch (balance) {
    case 'roundrobin':
      return new RoundRobinPicker(options);
    case 'leastconn':
      return new LeastConnectionsPicker(options);
    case 'random':
      return new RandomPicker(options);
    case 'source':
      return new SourceHashPicker();
  }
}
