import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { COMMON_PAGES, LARGE_BYTES } from './pages.js';
import type { RealServer } from './real-server.js';

const PROGRAM = `require 'zlib'
require 'stringio'

def compressed
  io = StringIO.new
  io.set_encoding('BINARY')
  gz = Zlib::GzipWriter.new(io)
  gz.mtime = 1
  gz.write('compressed')
  gz.close
  io.string
end

class Parts
  def each
    yield "one\\n"
    yield "two\\n"
  end
end

run ->(env) {
  body = env['rack.input'].read
  fields = { 'Content-Type' => 'text/plain' }
  case env['PATH_INFO']
  when '/echo'
    seen = env.select { |name, _| name.start_with?('HTTP_', 'CONTENT_') }.sort.map { |name, value| "#{name}: #{value}" }
    lines = ["method: #{env['REQUEST_METHOD']}", "target: #{env['REQUEST_URI']}", *seen, "body: #{body.bytesize}"]
    [200, fields, [lines.map(&:b).join("\\n".b) + "\\n".b]]
  when '/large' then [200, fields, ['large' * ${LARGE_BYTES / 5}]]
  when '/chunked' then [200, fields, Parts.new]
  when '/none' then [204, {}, []]
  when '/moved' then [302, fields.merge('Location' => '/?moved'), ['moved']]
  when '/cookies' then [200, fields.merge('Set-Cookie' => "a=1; Path=/\\nb=2; HttpOnly"), ['cookies']]
  when '/gzip'
    next [200, fields, ['compressed']] unless env['HTTP_ACCEPT_ENCODING'].to_s.include?('gzip')
    [200, fields.merge('Content-Encoding' => 'gzip'), [compressed]]
  else [200, fields, ['ok']]
  end
}
`;

export const puma: RealServer = {
  name: 'puma',
  packages: ['puma'],
  needs: ['/usr/bin/puma'],
  keepAliveMs: 20_000,
  pages: COMMON_PAGES,
  prepare({ folder, host, port }) {
    const file = path.join(folder, 'config.ru');
    writeFileSync(file, PROGRAM);
    return { command: ['/usr/bin/puma', '--quiet', '--bind', `tcp://${host}:${port}`, file] };
  },
};
