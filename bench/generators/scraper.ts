/** A Prometheus on another machine: it takes of this one's cores what is left. */
import { fileURLToPath } from 'node:url';
import { runProgram } from '../leftovers.js';

const PROGRAM = fileURLToPath(new URL('./scraper-program.js', import.meta.url));
/** By sched(7) it runs where nobody else would, and makes way at once. (util-linux, which each Debian has.) */
const LEFT_OVER = ['chrt', '--idle', '0'];

interface Scraping {
  readonly host: string;
  readonly port: number;
  /** Which format. */
  readonly accept: string;
  readonly seconds: number;
}

/** One scrape each second. @returns how many were answered in full */
export async function scrapeEachSecond(scraping: Scraping): Promise<number> {
  const command = [...LEFT_OVER, process.execPath, PROGRAM, JSON.stringify(scraping)];
  const output = await runProgram(command, (scraping.seconds + 30) * 1_000);
  return (JSON.parse(output) as { readonly whole: number }).whole;
}
