import { getSystemErrorName } from 'node:util';

/** As Node's own, so that both ways of reading a connection tell of the same failures. */
interface SystemError extends Error {
  code: string;
  errno: number;
  syscall: string;
}

/** @param status a negative error number of libuv @param at where it was tried, for the message: ` 127.0.0.1:80` */
export function systemError(status: number, syscall: string, at = ''): SystemError {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`${syscall} ${code}${at}`), { code, errno: status, syscall });
}
