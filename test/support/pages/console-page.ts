/** A page whose commands a test can run: blocks of `console`, each command behind `$ `, and below it what it prints. */

export interface PageCommand {
  /** As the shell takes it; a here-document and lines that end in `\` belong to it. */
  readonly text: string;
  /** What the page says that it prints; `…` stands for any text. */
  readonly output: string;
}

/** The commands of the first console block that follows a comment `<!-- name`. @throws Error when there is none */
export function commandsAfter(page: string, name: string): readonly PageCommand[] {
  const start = page.indexOf(`<!-- ${name}`);
  const block = start === -1 ? null : /^```console\n([\s\S]*?)^```$/m.exec(page.slice(start));
  if (block === null) throw new Error(`the page has no comment "<!-- ${name}" with a console block behind it`);
  const commands: { lines: string[]; output: string[] }[] = [];
  let end: string | null = null;
  for (const line of (block[1] ?? '').trimEnd().split('\n')) {
    const last = commands.at(-1);
    if (line.startsWith('$ ')) {
      commands.push({ lines: [line.slice(2)], output: [] });
      end = /<<(\w+)/.exec(line)?.[1] ?? null;
    } else if (last === undefined) {
      throw new Error(`"${line}" stands before the first command`);
    } else if (end !== null || last.lines.at(-1)?.endsWith('\\')) {
      last.lines.push(line);
      if (line === end) end = null;
    } else {
      last.output.push(line);
    }
  }
  return commands.map(({ lines, output }) => ({ text: lines.join('\n'), output: output.join('\n') }));
}

/** Matches a whole text that is as the page says. */
export function patternOf(output: string): RegExp {
  const parts = output.split('…').map((part) => part.trim().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^\\s*${parts.join('[\\s\\S]*')}\\s*$`);
}
