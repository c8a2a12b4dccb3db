/** A client that is a library of Python: one process a way of asking, each case a function of a script. */
import type { Observation } from '../observation.js';
import type { Page } from '../servers/pages.js';
import type { Target } from '../ways.js';
import type { Case } from './client.js';
import { runProgram } from './program.js';
import { addResponses, type SeenResponse, withoutAddress } from './response-aspects.js';

/** Debian's own, whatever else stands on the path. */
export const PYTHON = '/usr/bin/python3';

interface Seen {
  readonly responses: readonly SeenResponse[];
  readonly further: Readonly<Record<string, string>>;
}

/** @param script defines a function of each case's name, with a base address; it returns Seen */
export function pythonCases(script: string, cases: readonly (readonly [name: string, page: Page])[]): readonly Case[] {
  return cases.map(([name, page]) => ({
    name,
    page,
    observe: (target) => observe(target, script, name),
  }));
}

async function observe(target: Target, script: string, name: string): Promise<Observation> {
  const call = `import json, sys\nprint(json.dumps(${name.replaceAll(' ', '_')}(sys.argv[1])))\n`;
  const address = `${target.host}:${target.port}`;
  const { code, output, errors } = await runProgram([PYTHON, '-', address], `${script}\n${call}`);
  const aspects = new Map([['exit', `${code}`]]);
  if (code !== 0) {
    aspects.set('said', withoutAddress(errors.trim().split('\n').at(-1) ?? '', target).replace(/0x[\da-f]+/g, '<n>'));
    return aspects;
  }
  const { responses, further } = JSON.parse(output) as Seen;
  addResponses(aspects, responses, target);
  for (const [aspect, value] of Object.entries(further)) aspects.set(aspect, withoutAddress(value, target));
  return aspects;
}
