import { hostPort, isLoopback } from '../../core/networks.js';
import { type DoctorCheck, ok, warn } from './finding.js';

/** Whether others than the users of this machine reach the admin API without a token. */
export const adminAccessCheck: DoctorCheck = {
  name: 'admin-access',
  look: async ({ config }) => {
    const { admin, adminTokenFile } = config;
    const place = hostPort(admin.host, admin.port);
    if (adminTokenFile !== null) return [ok(`the admin API at ${place} asks for a token`)];
    if (isLoopback(admin.host)) return [ok(`the admin API at ${place} is on loopback: users of this machine reach it`)];
    return [
      warn(
        `the admin API at ${place} is beyond loopback without a token: who reaches it can read all that the node knows`,
        'give the node --admin-token-file FILE (openssl rand -base64 32 > FILE), or leave --admin on loopback',
      ),
    ];
  },
};
