import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealServer } from './real-server.js';

export const puma: RealServer = {
  name: 'puma',
  packages: ['puma'],
  needs: ['/usr/bin/puma'],
  keepAliveMs: 20_000,
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'config.ru');
    writeFileSync(file, "run ->(env) { env['rack.input'].read; [200, { 'Content-Type' => 'text/plain' }, ['ok']] }\n");
    return { command: ['/usr/bin/puma', '--quiet', '--bind', `tcp://${host}:${port}`, file] };
  },
};
