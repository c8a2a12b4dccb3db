import { consulSettingsFrom } from '../../consul/settings-from-options.js';
import { type DoctorCheck, unknown } from './finding.js';

/** Clocks that are apart: times of events and logs do not fit, and TLS certificates and tokens seem expired. */
export const clocksCheck: DoctorCheck = {
  name: 'clocks',
  look: async ({ config }) => {
    const settings = consulSettingsFrom(config);
    if (settings === null) return [unknown('without --consul the clock of this machine can be compared with no other')];
    const { compareClocks } = await import('./consul-clock.js');
    return compareClocks(settings);
  },
};
