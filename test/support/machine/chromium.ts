/** Debian's Chromium without a window, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { atEnd, type Ending } from '../at-end.js';
import { installPackages } from './components.js';

/** Not the script of that name in /usr/bin, which would outlive it. */
const PROGRAM = '/usr/lib/chromium/chromium-headless-shell';
/** Its sandbox refuses root. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-proxy-server'];

/** Installs it where it is missing; it ends with the test. @throws Error with the command that installs it */
export async function startChromium(context: Ending): Promise<Browser> {
  if (!existsSync(PROGRAM)) await installPackages(['chromium-headless-shell']);
  const browser = await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
  atEnd(context, () => browser.close());
  return browser;
}
