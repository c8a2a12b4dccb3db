import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { COMMON_PAGES, LARGE_BYTES } from './pages.js';
import type { RealServer } from './real-server.js';

const PROGRAM = `import gzip

def app(environ, start_response):
    body = environ['wsgi.input'].read()
    path = environ['PATH_INFO']
    fields = [('Content-Type', 'text/plain')]
    status = '200 OK'
    answer = [b'ok']
    if path == '/echo':
        lines = ['method: ' + environ['REQUEST_METHOD'], 'target: ' + environ['RAW_URI']]
        lines += ['%s: %s' % item for item in sorted(environ.items()) if item[0].startswith(('HTTP_', 'CONTENT_'))]
        lines += ['body: %d' % len(body)]
        answer = [('\\n'.join(lines) + '\\n').encode('latin-1')]
    elif path == '/large':
        answer = [b'large' * ${LARGE_BYTES / 5}]
    elif path == '/chunked':
        start_response(status, fields)
        return iter([b'one\\n', b'two\\n'])
    elif path == '/none':
        start_response('204 No Content', [])
        return []
    elif path == '/moved':
        status = '302 Found'
        fields += [('Location', '/?moved')]
    elif path == '/cookies':
        fields += [('Set-Cookie', 'a=1; Path=/'), ('Set-Cookie', 'b=2; HttpOnly')]
    elif path == '/gzip' and 'gzip' in environ.get('HTTP_ACCEPT_ENCODING', ''):
        fields += [('Content-Encoding', 'gzip')]
        answer = [gzip.compress(b'compressed', mtime=0)]
    start_response(status, fields + [('Content-Length', str(len(answer[0])))])
    return answer
`;

/** With threads: its default worker keeps no connection. */
export const gunicorn: RealServer = {
  name: 'gunicorn',
  packages: ['gunicorn'],
  needs: ['/usr/bin/gunicorn'],
  keepAliveMs: 2_000,
  pages: COMMON_PAGES,
  prepare({ folder, host, port }) {
    writeFileSync(path.join(folder, 'program.py'), PROGRAM);
    const bind = `${host}:${port}`;
    return {
      command: ['/usr/bin/gunicorn', '--worker-class', 'gthread', '--threads', '64', '--bind', bind, 'program:app'],
      env: { PYTHONDONTWRITEBYTECODE: '1' },
    };
  },
};
