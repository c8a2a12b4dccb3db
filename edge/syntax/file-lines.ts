/** Lines of the files beside haproxy.cfg: maps, lists, certificates (HAProxy manual, "map", "acl -f", "crt-list"). */
import { parseNetwork } from '../../src/core/networks.js';
import { RefusedValue } from './refused-value.js';

/** Of a line in a payload of the runtime socket, with room for the command before it. */
const MAX_LINE_LENGTH = 2_000;

/** A key and a value, one blank between, none in them: `del map` and the first blank of a line agree on where a key ends. */
export function mapLine(field: string, key: string, value: string): string {
  assertField(field, key);
  assertField(field, value);
  return checkedLine(field, `${key} ${value}`, [key, value]);
}

/** An address or a network, as HAProxy and everybody else read it. */
export function networkLine(field: string, value: string): string {
  if (parseNetwork(value) === null) throw new RefusedValue(field, 'is not a network');
  return listLine(field, value);
}

/** A part of User-Agent: the whole line. */
export function listLine(field: string, value: string): string {
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) || value.startsWith('#'))
    throw new RefusedValue(field, 'is not a line of a list');
  return value;
}

/** Each certificate with the names that it stands for, written out: HAProxy does not compare them. */
export function certificateLine(field: string, file: string, names: readonly string[]): string {
  if (!/^certs\/[a-z0-9_][a-z0-9_.+-]*\.pem$/.test(file)) throw new RefusedValue(field, 'is not a certificate file');
  if (names.length === 0) throw new RefusedValue(field, 'has no names');
  for (const name of names)
    if (!/^(\*\.)?[a-z0-9_][a-z0-9_.-]*$/.test(name)) throw new RefusedValue(field, 'has an invalid name');
  return checkedLine(field, `${file} [alpn h2,http/1.1] ${names.join(' ')}`, [file, '[alpn', 'h2,http/1.1]', ...names]);
}

/** Sorted unless their order counts; ends with a line end unless there is nothing. */
export function fileFromLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function assertField(field: string, value: string): void {
  if (!/^[\x21-\x7e]+$/.test(value) || value.startsWith('#')) throw new RefusedValue(field, 'is not a field of a map');
}

function checkedLine(field: string, line: string, fields: readonly string[]): string {
  const read = line.split(' ');
  const isSame = read.length === fields.length && read.every((part, index) => part === fields[index]);
  if (!isSame) throw new RefusedValue(field, 'would be read as something else');
  if (line.length > MAX_LINE_LENGTH && !line.startsWith('certs/')) throw new RefusedValue(field, 'is too long');
  return line;
}
