/** The application of servers that have none of their own: a script of the shell, by CGI (RFC 3875). */
import { writeFileSync } from 'node:fs';

/** The paths that it answers, as a regular expression without its slash. */
export const CGI_PATHS = '(echo|chunked|none|moved|cookies|gzip)';

const SCRIPT = `#!/bin/sh
text='Content-Type: text/plain'
case $\{REQUEST_URI%%\\?*} in
*/echo)
  printf "$text\\r\\n\\r\\n"
  echo "method: $REQUEST_METHOD"
  echo "target: $REQUEST_URI"
  echo "length: $CONTENT_LENGTH"
  env | grep ^HTTP_ | sort | sed 's/=/: /'
  echo "body: $(cksum)"
  ;;
*/chunked) printf "$text\\r\\n\\r\\none\\n"; sleep 0.02; echo two ;;
*/none) printf 'Status: 204 No Content\\r\\n\\r\\n' ;;
*/moved) printf "Status: 302 Found\\r\\nLocation: /?moved\\r\\n$text\\r\\n\\r\\nmoved\\n" ;;
*/cookies) printf "Set-Cookie: a=1; Path=/\\r\\nSet-Cookie: b=2; HttpOnly\\r\\n$text\\r\\n\\r\\ncookies\\n" ;;
*/gzip)
  case $HTTP_ACCEPT_ENCODING in
  *gzip*) printf "Content-Encoding: gzip\\r\\n$text\\r\\n\\r\\n"; echo compressed | gzip -n ;;
  *) printf "$text\\r\\n\\r\\ncompressed\\n" ;;
  esac
  ;;
esac
`;

export function writeCgiScript(file: string): void {
  writeFileSync(file, SCRIPT, { mode: 0o755 });
}
