/** A socket of datagrams at a path, which Node cannot open: Python reads it. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { atEnd, type Ending } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from './bound-process.js';
import { findProgram } from './components.js';

/** A message may bring a descriptor, whose end tells the sender that it was read. Who binds a path removes what was there. */
const SCRIPT = `
import json, os, socket, sys
name = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
if not name.startswith('@') and os.path.exists(name): os.unlink(name)
receiver.bind('\\0' + name[1:] if name.startswith('@') else name)
print('null', flush=True)
while True:
    message, descriptors, _, _ = socket.recv_fds(receiver, 65536, 8)
    print(json.dumps(message.decode('latin-1')), flush=True)
    for descriptor in descriptors: os.close(descriptor)
`;

export interface DatagramReceiver {
  readonly pid: number;
  /** As a crash ends it: its path stays. */
  stop(): Promise<void>;
}

/** @param address a path, or a name that begins with @ */
export async function receiveDatagrams(
  context: Ending,
  address: string,
  onMessage: (text: string) => void,
): Promise<DatagramReceiver> {
  const python = findProgram('python3');
  if (python === null) throw new Error('missing: python3; npm test installs it');
  const child = spawnBound([python, '-c', SCRIPT, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  const isOver = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await isOver;
  };
  atEnd(context, stop);
  let isListening = false;
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const text = JSON.parse(line) as string | null;
    if (text === null) isListening = true;
    else onMessage(text);
  });
  await eventually('the receiver listens', () => isListening);
  return { pid: child.pid ?? 0, stop };
}
