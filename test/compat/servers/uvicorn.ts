import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { COMMON_PAGES, LARGE_BYTES } from './pages.js';
import type { RealServer } from './real-server.js';

const PROGRAM = `import asyncio
import gzip

TEXT = (b'content-type', b'text/plain')

async def socket(scope, receive, send):
    await receive()
    if scope['path'] != '/socket':
        await send({'type': 'websocket.close'})
        return
    offered = scope['subprotocols']
    await send({'type': 'websocket.accept', 'subprotocol': offered[0] if offered else None})
    while True:
        message = await receive()
        if message['type'] == 'websocket.disconnect':
            return
        await send({'type': 'websocket.send', 'text': message.get('text'), 'bytes': message.get('bytes')})

async def app(scope, receive, send):
    if scope['type'] == 'websocket':
        await socket(scope, receive, send)
    if scope['type'] != 'http':
        return
    body = 0
    while True:
        message = await receive()
        body += len(message.get('body', b''))
        if not message.get('more_body'):
            break
    path = scope['path']
    status = 200
    fields = [TEXT]
    answer = b'ok'
    if path == '/echo':
        target = scope['raw_path'] + b'?' + scope['query_string']
        lines = [b'method: ' + scope['method'].encode(), b'target: ' + target]
        lines += [name + b': ' + value for name, value in sorted(scope['headers'])]
        answer = b'\\n'.join(lines + [b'body: %d' % body]) + b'\\n'
    elif path == '/large':
        answer = b'large' * ${LARGE_BYTES / 5}
    elif path == '/chunked':
        await send({'type': 'http.response.start', 'status': 200, 'headers': fields})
        await send({'type': 'http.response.body', 'body': b'one\\n', 'more_body': True})
        await asyncio.sleep(0.02)
        await send({'type': 'http.response.body', 'body': b'two\\n'})
        return
    elif path == '/none':
        await send({'type': 'http.response.start', 'status': 204, 'headers': []})
        await send({'type': 'http.response.body'})
        return
    elif path == '/moved':
        status = 302
        fields = fields + [(b'location', b'/?moved')]
    elif path == '/cookies':
        fields = fields + [(b'set-cookie', b'a=1; Path=/'), (b'set-cookie', b'b=2; HttpOnly')]
    elif path == '/gzip' and any(name == b'accept-encoding' and b'gzip' in value for name, value in scope['headers']):
        fields = fields + [(b'content-encoding', b'gzip')]
        answer = gzip.compress(b'compressed', mtime=0)
    fields = fields + [(b'content-length', str(len(answer)).encode())]
    await send({'type': 'http.response.start', 'status': status, 'headers': fields})
    await send({'type': 'http.response.body', 'body': answer})
`;

export const uvicorn: RealServer = {
  name: 'uvicorn',
  packages: ['uvicorn', 'python3-websockets'],
  needs: ['/usr/bin/uvicorn', '/usr/lib/python3/dist-packages/websockets'],
  keepAliveMs: 5_000,
  pages: [...COMMON_PAGES, '/socket'],
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
