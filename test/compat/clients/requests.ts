import type { Page } from '../servers/pages.js';
import type { Client } from './client.js';
import { PYTHON, pythonCases } from './python.js';

const SCRIPT = `
import io
import requests

def seen(*responses, **further):
    def one(response):
        body = response.content.decode('latin-1')
        return {'status': response.status_code, 'fields': list(response.headers.items()), 'body': body}
    return {'responses': [one(response) for response in responses], 'further': further}

def get(base):
    return seen(requests.get(f'http://{base}/echo', timeout=8))

def head(base):
    return seen(requests.head(f'http://{base}/large', timeout=8))

def options(base):
    return seen(requests.options(f'http://{base}/echo', timeout=8))

def session(base):
    with requests.Session() as session:
        return seen(*[session.get(f'http://{base}{page}', timeout=8) for page in ('/', '/echo', '/', '/large', '/')])

def form(base):
    return seen(requests.post(f'http://{base}/echo', data={'a': '1'}, timeout=8))

def json(base):
    return seen(requests.post(f'http://{base}/echo', json={'a': 1}, timeout=8))

def files(base):
    files = {'file': ('name.txt', io.BytesIO(b'x' * 100000))}
    data, kind = requests.models.RequestEncodingMixin._encode_files(files, {'a': '1'})
    boundary = kind.split('boundary=')[1].encode()
    fields = {'Content-Type': 'multipart/form-data; boundary=compat'}
    return seen(requests.post(f'http://{base}/echo', data=data.replace(boundary, b'compat'), headers=fields, timeout=8))

def generator(base):
    return seen(requests.post(f'http://{base}/echo', data=(b'part' for _ in range(10)), timeout=8))

def upload(base):
    return seen(requests.put(f'http://{base}/echo', data=b'x' * 2000000, timeout=8))

def redirect(base):
    response = requests.get(f'http://{base}/moved', timeout=8)
    return seen(*response.history, response, url=response.url)

def posted_redirect(base):
    response = requests.post(f'http://{base}/moved', data='a=1', timeout=8)
    return seen(*response.history, response, url=response.url)

def cookies(base):
    with requests.Session() as session:
        first = session.get(f'http://{base}/cookies', timeout=8)
        return seen(first, session.get(f'http://{base}/echo', timeout=8), jar=str(sorted(session.cookies.items())))

def compressed(base):
    return seen(requests.get(f'http://{base}/gzip', timeout=8))

def ranged(base):
    return seen(requests.get(f'http://{base}/large', headers={'Range': 'bytes=5-14'}, timeout=8))

def streamed(base):
    response = requests.get(f'http://{base}/chunked', stream=True, timeout=8)
    text = ''.join(line.decode() for line in response.iter_lines())
    return seen(response, text=text)

def none(base):
    with requests.Session() as session:
        return seen(session.get(f'http://{base}/none', timeout=8), session.get(f'http://{base}/', timeout=8))

def password(base):
    return seen(requests.get(f'http://{base}/echo', auth=('u', 'p'), timeout=8))

def query(base):
    return seen(requests.get(f'http://{base}/echo', params={'q': 'a b/\\u00e9?&'}, timeout=8))

def cut(base):
    return seen(requests.get(f'http://{base}/cut', timeout=8))
`;

const CASES: readonly (readonly [name: string, page: Page])[] = [
  ['get', '/echo'],
  ['head', '/large'],
  ['options', '/echo'],
  ['session', '/large'],
  ['form', '/echo'],
  ['json', '/echo'],
  ['files', '/echo'],
  ['generator', '/echo'],
  ['upload', '/echo'],
  ['redirect', '/moved'],
  ['posted redirect', '/moved'],
  ['cookies', '/cookies'],
  ['compressed', '/gzip'],
  ['ranged', '/large'],
  ['streamed', '/chunked'],
  ['none', '/none'],
  ['password', '/echo'],
  ['query', '/echo'],
  ['cut', '/cut'],
];

/** The library that most programs of Python ask with. */
export const requests: Client = {
  name: 'requests',
  packages: ['python3-requests'],
  needs: [PYTHON, '/usr/lib/python3/dist-packages/requests'],
  start: async () => pythonCases(SCRIPT, CASES),
};
