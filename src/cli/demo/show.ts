import path from 'node:path';
import type { ReadStream } from 'node:tty';
import { OPTIONS } from '../../config/options.js';
import type { LogFormat } from '../../core/log-levels.js';
import { reasonOf } from '../../core/thrown.js';
import { drawLines, enterScreen, leaveScreen, printLines, type Terminal } from '../terminal.js';
import { Fleet } from './fleet.js';
import { startKeys } from './keys.js';
import { NodeReadings } from './readings.js';
import { type DemoView, formatClients, formatPlainLines, formatScreen } from './screen.js';
import { type ClientCounts, sumCounts } from './traffic.js';

interface ShowOptions {
  readonly terminal: Terminal;
  /** null: until somebody ends it. */
  readonly durationMs: number | null;
  readonly isScripted: boolean;
  /** Of the nodes. */
  readonly logFormat: LogFormat;
}

const READ_EVERY_MS = 500;
/** What the commands ask when they are not told otherwise. */
const DEFAULT_ADMIN = OPTIONS.admin.fallbackHelp;
const PLAIN_LINES_EVERY_MS = 2_000;
const EVENTS_SHOWN = 5;
const PROBLEMS_SHOWN = 3;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Step = 'killOne' | 'killAllOfFirstApp' | 'restartAll';

/** When the steps of the script come, as shares of its time. */
const SCRIPT: readonly { readonly share: number; readonly step: Step }[] = [
  { share: 0.2, step: 'killOne' },
  { share: 0.4, step: 'killAllOfFirstApp' },
  { share: 0.7, step: 'restartAll' },
];

const KEYS: ReadonlyMap<string, Step> = new Map([
  ['1', 'killOne'],
  ['0', 'killAllOfFirstApp'],
  ['r', 'restartAll'],
]);
const QUIT_KEYS = ['q', '\x03', '\x04'];

/**
 * Runs the fleet, shows it, and lets people play with it, until time, key, signal, or the end of a node or of the reader.
 * @returns what the clients saw; everything that was started is gone then.
 * @throws Error when the fleet cannot start, or a node ends by itself.
 */
export async function runShow(options: ShowOptions): Promise<ClientCounts> {
  const { terminal } = options;
  let onEnd: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  for (const signal of SIGNALS) process.on(signal, onEnd);
  const stopListening = terminal.onReaderGone(onEnd);
  const fleet = await Fleet.create(options.logFormat);
  try {
    terminal.print(`Starting two nodes with their files in ${fleet.directory} ...`);
    await Promise.race([fleet.start(), ended]);
    const show = new Show(fleet, options, onEnd);
    const failure = await show.run(ended);
    await fleet.stopTraffic();
    const counts = sumCounts(fleet.traffic.map((stream) => stream.counts));
    await show.readAll();
    printLines(terminal, [...show.plainLines(), `clients: ${formatClients(counts, terminal.paint)}`]);
    if (failure !== null) throw failure;
    return counts;
  } finally {
    await fleet.stop();
    stopListening();
    for (const signal of SIGNALS) process.off(signal, onEnd);
  }
}

class Show {
  readonly #fleet: Fleet;
  readonly #options: ShowOptions;
  readonly #onEnd: () => void;
  readonly #readings: readonly NodeReadings[];
  readonly #events: string[] = [];
  readonly #startedAtMs = performance.now();
  #isReading = false;
  #isOver = false;
  #lastPlainMs = Number.NEGATIVE_INFINITY;

  constructor(fleet: Fleet, options: ShowOptions, onEnd: () => void) {
    this.#fleet = fleet;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#readings = fleet.nodes.map(() => new NodeReadings());
  }

  /** @returns why it ended when that was not wanted. */
  async run(ended: Promise<void>): Promise<Error | null> {
    const { terminal, durationMs, isScripted } = this.#options;
    const timers: NodeJS.Timeout[] = [];
    if (durationMs !== null) timers.push(setTimeout(this.#onEnd, durationMs));
    if (durationMs !== null && isScripted) {
      for (const { share, step } of SCRIPT) timers.push(setTimeout(() => this.#play(step), durationMs * share));
    }
    if (terminal.isInteractive) enterScreen(terminal);
    else for (const line of this.#hints()) terminal.print(line);
    const stopKeys = startKeys(process.stdin as ReadStream, (key) => this.#onKey(key));
    try {
      timers.push(setInterval(() => void this.#refresh(), READ_EVERY_MS));
      await this.#refresh();
      return await Promise.race([ended.then(() => null), this.#fleet.nodeEnded().then((reason) => new Error(reason))]);
    } finally {
      this.#isOver = true;
      for (const timer of timers) clearInterval(timer);
      stopKeys();
      if (terminal.isInteractive) leaveScreen(terminal);
    }
  }

  async readAll(): Promise<void> {
    const elapsedMs = this.#elapsedMs();
    await Promise.all(
      this.#fleet.nodes.map(async ({ process: node }, index) => {
        const state = await node.readState();
        if (state !== null) this.#readings[index]?.add(elapsedMs, state);
      }),
    );
  }

  plainLines(): string[] {
    return formatPlainLines(this.#view());
  }

  async #refresh(): Promise<void> {
    const { terminal } = this.#options;
    if (this.#isReading) return;
    this.#isReading = true;
    await this.readAll();
    this.#isReading = false;
    if (this.#isOver) return;
    if (terminal.isInteractive) {
      drawLines(terminal, formatScreen(this.#view(), terminal.paint));
    } else if (this.#elapsedMs() - this.#lastPlainMs >= PLAIN_LINES_EVERY_MS) {
      this.#lastPlainMs = this.#elapsedMs();
      for (const line of this.plainLines()) terminal.print(line);
    }
  }

  #onKey(key: string): void {
    const step = KEYS.get(key);
    if (step !== undefined) this.#play(step);
    else if (QUIT_KEYS.includes(key)) this.#onEnd();
  }

  #play(step: Step): void {
    Promise.resolve(this.#fleet[step]()).then(
      (event) => this.#tell(event),
      (error: unknown) => this.#tell(`it did not work: ${reasonOf(error)}`),
    );
  }

  #tell(event: string): void {
    const { terminal } = this.#options;
    this.#events.push(`${new Date().toTimeString().slice(0, 8)}  ${event}`);
    if (this.#events.length > EVENTS_SHOWN) this.#events.shift();
    if (!terminal.isInteractive) terminal.print(`      * ${event}`);
  }

  #view(): DemoView {
    return {
      elapsedMs: this.#elapsedMs(),
      pod: this.#fleet.pod,
      rows: this.#readings.flatMap((readings) => readings.rows()),
      clients: sumCounts(this.#fleet.traffic.map((stream) => stream.counts)),
      revisions: this.#readings.map((readings) => readings.revisionText()),
      problems: this.#readings.flatMap((readings) => readings.problems()).slice(0, PROBLEMS_SHOWN),
      hints: this.#hints(),
      events: this.#events,
    };
  }

  #hints(): string[] {
    const { paint, isInteractive } = this.#options.terminal;
    const node = this.#fleet.nodes[0]?.process;
    const app = this.#fleet.apps[0];
    const cli = `node ${path.relative('', process.argv[1] ?? '')}`;
    const admin = node?.adminAddress === DEFAULT_ADMIN ? '' : ` --admin ${node?.adminAddress}`;
    const keys = [
      ['1', 'stop one instance'],
      ['0', `stop all of ${app?.name} on ${node?.options.name}: watch the bleed`],
      ['r', 'restart them'],
      ['q', 'quit'],
    ] as const;
    const keyLine = keys.map(([key, words]) => `${paint('inverse', ` ${key} `)} ${words}`).join('    ');
    return [
      ...(isInteractive ? [keyLine, ''] : []),
      `${paint('dim', 'edit')}      ${node?.servicesDir}/${app?.name}.yml   (drop an instance, break the syntax, save)`,
      `${paint('dim', 'ask')}       curl -i http://${node?.options.host}:${app?.slot}/   health: port ${(app?.slot ?? 0) + 1}`,
      `${paint('dim', 'operate')}   ${cli} status --watch${admin}   ${cli} drain ${app?.name}${admin}   (and: ready ${app?.name})`,
      `${paint('dim', 'log')}       ${node?.logFile}`,
    ];
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedAtMs;
  }
}
