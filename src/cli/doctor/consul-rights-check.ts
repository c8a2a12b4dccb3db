import { consulSettingsFrom } from '../../consul/settings-from-options.js';
import { type DoctorCheck, unknown } from './finding.js';

/** Whether Consul answers, and its token may read what the node reads. */
export const consulRightsCheck: DoctorCheck = {
  name: 'consul-rights',
  look: async ({ config }) => {
    const settings = consulSettingsFrom(config);
    if (settings === null) return [unknown('no Consul is named (--consul): nothing is read there')];
    // The client of Consul, which reads and checks much, is loaded only where there is a Consul.
    const { findConsulRights } = await import('./consul-rights.js');
    return findConsulRights(settings, config.consulNode ?? config.node);
  },
};
