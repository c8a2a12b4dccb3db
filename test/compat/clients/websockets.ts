import type { Page } from '../servers/pages.js';
import type { Client } from './client.js';
import { PYTHON, pythonCases } from './python.js';

const SCRIPT = `
import asyncio
import websockets

async def talk(base, use, **options):
    try:
        async with websockets.connect(f'ws://{base}/socket', open_timeout=8, **options) as socket:
            further = await use(socket)
            await socket.close()
            return {'responses': [], 'further': {**further, 'close code': str(socket.close_code)}}
    except websockets.exceptions.InvalidStatusCode as error:
        return {'responses': [], 'further': {'refused': str(error.status_code)}}

async def echoed(socket, *messages):
    answers = []
    for message in messages:
        await socket.send(message)
        answers.append(await asyncio.wait_for(socket.recv(), 8))
    return {'same': str(answers == list(messages))}

def text(base):
    return asyncio.run(talk(base, lambda socket: echoed(socket, 'one', 'two', '\\u00e9' * 1000)))

def binary(base):
    return asyncio.run(talk(base, lambda socket: echoed(socket, b'', bytes(range(256)), b'x' * 500000)))

def plain(base):
    return asyncio.run(talk(base, lambda socket: echoed(socket, 'one', 'x' * 70000), compression=None))

def ping(base):
    async def use(socket):
        await asyncio.wait_for(await socket.ping(), 8)
        return {'pong': 'came'}
    return asyncio.run(talk(base, use))

def in_one_go(base):
    async def use(socket):
        for index in range(50):
            await socket.send(str(index))
        answers = [await asyncio.wait_for(socket.recv(), 8) for _ in range(50)]
        return {'in order': str(answers == [str(index) for index in range(50)])}
    return asyncio.run(talk(base, use))

def extensions(base):
    async def use(socket):
        return {'extensions': str([extension.name for extension in socket.extensions])}
    return asyncio.run(talk(base, use))

def elsewhere(base):
    return asyncio.run(talk(base + '/no', lambda socket: echoed(socket, 'one')))

def from_a_page(base):
    return asyncio.run(talk(base, lambda socket: echoed(socket, 'one'), origin='http://compat.example'))

def with_pauses(base):
    async def use(socket):
        first = await echoed(socket, 'one')
        await asyncio.sleep(0.3)
        return {'first': first['same'], **await echoed(socket, 'two')}
    return asyncio.run(talk(base, use))
`;

const CASES: readonly (readonly [name: string, page: Page])[] = [
  ['text', '/socket'],
  ['binary', '/socket'],
  ['plain', '/socket'],
  ['ping', '/socket'],
  ['in one go', '/socket'],
  ['extensions', '/socket'],
  ['elsewhere', '/socket'],
  ['from a page', '/socket'],
  ['with pauses', '/socket'],
];

export const websockets: Client = {
  name: 'websockets',
  packages: ['python3-websockets'],
  needs: [PYTHON, '/usr/lib/python3/dist-packages/websockets'],
  start: async () => pythonCases(SCRIPT, CASES),
};
