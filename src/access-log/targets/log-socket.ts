import { accessSync, constants, statSync } from 'node:fs';
import { codeOf, reasonOf } from '../../core/thrown.js';

/** @returns why nobody can send to the socket at this path; null: nothing is known against it */
export function socketProblem(socket: string): string | null {
  try {
    const stats = statSync(socket);
    if (!stats.isSocket()) return `${socket} is ${stats.isDirectory() ? 'a directory' : 'a file'}, not a socket`;
    accessSync(socket, constants.W_OK);
    return null;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return `there is no socket ${socket}`;
    if (code === 'EACCES') return `this user may not write to the socket ${socket}`;
    return reasonOf(error);
  }
}
