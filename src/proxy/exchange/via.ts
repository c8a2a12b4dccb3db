const LINES = ['Via: 1.0 autoproxy\r\n', 'Via: 1.1 autoproxy\r\n'] as const;

/** @returns the field of a message that came as HTTP/1.`minor` (RFC 9110 7.6.3). No name of a node: it goes to clients. */
export function viaLine(minor: number): string {
  return minor === 0 ? LINES[0] : LINES[1];
}
