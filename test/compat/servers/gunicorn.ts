import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealServer } from './real-server.js';

const PROGRAM = `def app(environ, start_response):
    environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '2')])
    return [b'ok']
`;

/** With threads: its default worker keeps no connection. */
export const gunicorn: RealServer = {
  name: 'gunicorn',
  packages: ['gunicorn'],
  needs: ['/usr/bin/gunicorn'],
  keepAliveMs: 2_000,
  prepare({ folder, host, port }) {
    writeFileSync(path.join(folder, 'program.py'), PROGRAM);
    const bind = `${host}:${port}`;
    return {
      command: ['/usr/bin/gunicorn', '--worker-class', 'gthread', '--threads', '64', '--bind', bind, 'program:app'],
      env: { PYTHONDONTWRITEBYTECODE: '1' },
    };
  },
};
