import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RealServer } from './real-server.js';

const PROGRAM = `async def app(scope, receive, send):
    if scope['type'] != 'http':
        return
    while (await receive()).get('more_body'):
        pass
    headers = [(b'content-type', b'text/plain'), (b'content-length', b'2')]
    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
    await send({'type': 'http.response.body', 'body': b'ok'})
`;

export const uvicorn: RealServer = {
  name: 'uvicorn',
  packages: ['uvicorn'],
  needs: ['/usr/bin/uvicorn'],
  keepAliveMs: 5_000,
  prepare({ folder, host, port }) {
    writeFileSync(path.join(folder, 'program.py'), PROGRAM);
    const flags = [
      '--host',
      host,
      '--port',
      String(port),
      '--app-dir',
      folder,
      '--no-access-log',
      '--log-level',
      'error',
    ];
    return { command: ['/usr/bin/uvicorn', ...flags, 'program:app'], env: { PYTHONDONTWRITEBYTECODE: '1' } };
  },
};
