#!/usr/bin/env node
/**
 * The entry of `autoproxy`. It imports nothing before it has looked at the version of Node: an older one stops at syntax or
 * names that it does not know, with a message that helps nobody.
 */
import { readFileSync } from 'node:fs';

const EXIT_FAILED = 1;
const { engines, version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
const [, leastMajor, leastMinor] = /(\d+)\.(\d+)/.exec(engines.node) ?? [];
const [major, minor] = process.versions.node.split('.').map(Number);

if (
  Number(major) < Number(leastMajor) ||
  (Number(major) === Number(leastMajor) && Number(minor) < Number(leastMinor))
) {
  console.error(
    `autoproxy ${version} needs Node ${leastMajor}.${leastMinor} or newer; this is ${process.version}, ${process.execPath}.`,
  );
  console.error('  → install a newer Node, or run "npx -p node@24 autoproxy …", which brings its own');
  process.exit(EXIT_FAILED);
}
const { runCommand } = await import('./run-command.js').catch((error) => {
  console.error(`autoproxy: ${error.message}`);
  if (error.code === 'EMFILE')
    console.error(
      '  → raise the limit of open files: LimitNOFILE=65536 in the unit, --ulimit nofile=65536:65536, or ulimit -n 65536',
    );
  process.exit(EXIT_FAILED);
});
process.exitCode = await runCommand(process.argv.slice(2), process.env);
