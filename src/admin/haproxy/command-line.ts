/** One line of the stats socket, from its text to its answer: HAProxy's words around the verbs. */
import { nearestName } from '../../core/nearest-name.js';
import { escapeText } from '../../model/problem.js';
import { VERBS } from './all-verbs.js';
import type { Verb, VerbContext } from './stats-node.js';

/** What stands at the end of each list. */
const BUILT_IN: readonly Pick<Verb, 'usage' | 'help'>[] = [
  { usage: 'help [<command>]', help: 'list matching or all commands' },
  { usage: 'prompt [help | n | i | p | timed ]*', help: 'toggle interactive mode with prompt' },
  { usage: 'quit', help: 'disconnect' },
];
const USAGE_WIDTH = 40;

/** What a command does beside its answer. */
type Effect = 'none' | 'prompt' | 'quit';

interface LineAnswer {
  readonly text: string;
  readonly effect: Effect;
}

/** The commands of a line, each as its words. A backslash takes the meaning from what follows. */
export function commandsOf(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word = '';
  for (let index = 0; index < line.length; index += 1) {
    const char = line.charAt(index);
    if (char === '\\' && index + 1 < line.length) {
      index += 1;
      word += line.charAt(index);
    } else if (char === ';' || char === ' ' || char === '\t' || char === '\r') {
      if (word !== '') words.push(word);
      word = '';
      if (char === ';') {
        commands.push(words);
        words = [];
      }
    } else word += char;
  }
  if (word !== '') words.push(word);
  return [...commands, words];
}

/** An answer ends with an empty line. */
export async function answerCommand(words: readonly string[], context: VerbContext): Promise<LineAnswer> {
  const [first = ''] = words;
  if (first === 'quit') return { text: '', effect: 'quit' };
  if (first === 'prompt') return { text: '\n', effect: 'prompt' };
  if (first === '') return { text: '\n', effect: 'none' };
  if (first === 'help') return answerOf(helpFor(words.slice(1)));
  const verb = VERBS.find((candidate) => candidate.words.every((word, index) => word === words[index]));
  if (verb === undefined) return answerOf(unknown(words));
  return answerOf(await verb.run(words.slice(verb.words.length), context));
}

function answerOf(text: string): LineAnswer {
  return { text: `${text}\n`, effect: 'none' };
}

function helpFor(words: readonly string[]): string {
  const chosen = words.length === 0 ? VERBS : matching(words);
  return `The following commands are valid at this level:\n${list(chosen)}`;
}

function unknown(words: readonly string[]): string {
  const first = escapeText((words[0] ?? '').slice(0, 100));
  const near = matching(words);
  return `Unknown command: '${first}', but maybe one of the following ones is a better match:\n${list(near)}`;
}

/** Those that begin so, else those that are called nearly so, else all. */
function matching(words: readonly string[]): readonly Verb[] {
  for (let count = Math.min(words.length, 3); count > 0; count -= 1) {
    const start = words.slice(0, count).join(' ');
    const found = VERBS.filter((verb) => verb.words.join(' ').startsWith(start));
    if (found.length > 0) return found;
  }
  const names = VERBS.map((verb) => verb.words.join(' '));
  const near = nearestName(words.slice(0, 3).join(' '), names) ?? nearestName(words.slice(0, 2).join(' '), names);
  return near === null ? VERBS : VERBS.filter((verb) => verb.words.join(' ') === near);
}

function list(verbs: readonly Verb[]): string {
  return [...verbs, ...BUILT_IN].map(({ usage, help }) => `  ${usage.padEnd(USAGE_WIDTH)}: ${help}\n`).join('');
}
