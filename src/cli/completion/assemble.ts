/**
 * A step of the build: writes the script of each shell. It takes all commands to make one, a third of a second of CPU time,
 * which each start of a shell that asks for it would pay.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { nodeDefaultsFrom } from '../node-options.js';
import { createProgram } from '../program.js';
import { createTerminal } from '../terminal.js';
import { bashScript } from './bash-script.js';
import { completedCommands } from './command-tree.js';
import { fishScript } from './fish-script.js';
import { SCRIPTS_FOLDER, type Shell } from './script-files.js';
import { zshScript } from './zsh-script.js';

const MAKERS: Readonly<Record<Shell, typeof bashScript>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

const env = {};
const context = { terminal: createTerminal(env), env, defaults: await nodeDefaultsFrom(env), finish: () => {} };
const commands = completedCommands(await createProgram(context));
await mkdir(SCRIPTS_FOLDER);
for (const [shell, makeScript] of Object.entries(MAKERS))
  await writeFile(new URL(shell, SCRIPTS_FOLDER), makeScript(commands), { flag: 'wx' });
