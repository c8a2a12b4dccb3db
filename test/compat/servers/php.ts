import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { COMMON_PAGES, LARGE_BYTES } from './pages.js';
import type { RealServer } from './real-server.js';

const PROGRAM = `<?php
header('Content-Type: text/plain');
switch (strtok($_SERVER['REQUEST_URI'], '?')) {
  case '/echo':
    echo 'method: ', $_SERVER['REQUEST_METHOD'], "\\ntarget: ", $_SERVER['REQUEST_URI'], "\\n";
    ksort($_SERVER);
    foreach ($_SERVER as $name => $value)
      if (preg_match('/^(HTTP|CONTENT)_/', $name)) echo "$name: $value\\n";
    echo 'body: ', strlen(file_get_contents('php://input')), "\\n";
    break;
  case '/large': echo str_repeat('large', ${LARGE_BYTES / 5}); break;
  case '/chunked': echo "one\\n"; flush(); usleep(20000); echo "two\\n"; break;
  case '/none': header_remove('Content-Type'); http_response_code(204); break;
  case '/moved': header('Location: /?moved'); echo 'moved'; break;
  case '/cookies':
    header('Set-Cookie: a=1; Path=/');
    header('Set-Cookie: b=2; HttpOnly', false);
    echo 'cookies';
    break;
  case '/gzip':
    if (!str_contains($_SERVER['HTTP_ACCEPT_ENCODING'] ?? '', 'gzip')) { echo 'compressed'; break; }
    header('Content-Encoding: gzip');
    echo gzencode('compressed');
    break;
  case '/cut': header('Content-Length: 1000'); echo 'short'; break;
  default: echo 'ok';
}
`;

/** The server that PHP has built in. */
export const php: RealServer = {
  name: 'php',
  packages: ['php-cli'],
  needs: ['php'],
  keepAliveMs: 0,
  pages: [...COMMON_PAGES, '/cut'],
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'program.php');
    writeFileSync(file, PROGRAM);
    return { command: ['php', '-q', '-S', `${host}:${port}`, file] };
  },
};
