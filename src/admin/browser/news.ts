/** What a screen reader is told, and what everybody reads for a moment: results of decisions, and events as they come. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html, type View } from './html.js';
import type { Live } from './live.js';

interface Line {
  readonly id: number;
  readonly words: string;
}

interface News {
  /** The oldest first. */
  readonly lines: readonly Line[];
  readonly say: (words: string) => void;
}

/** Faster would cut off what is being read out. */
const SHOWN_MS = 8_000;
/** The result of a decision stands beside the events that it causes, which come a moment later. */
const MAX_LINES = 3;

export function useNews({ change }: Live): News {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const count = useRef(0);
  const say = (words: string): void => {
    count.current += 1;
    const id = count.current;
    setLines((before) => [...before, { id, words }].slice(-MAX_LINES));
    setTimeout(() => setLines((before) => before.filter((line) => line.id !== id)), SHOWN_MS);
  };
  // Each change is told once.
  useEffect(() => {
    const events = change?.events.filter(({ kind }) => kind !== 'decision') ?? [];
    const last = events.at(-1);
    if (last === undefined) return;
    const more = events.length === 1 ? '' : ` (and ${events.length - 1} more)`;
    say(`${last.app ?? 'node'} ${last.kind}: ${last.text}${more}`);
  }, [change]);
  return { lines, say };
}

export function NewsLines({ lines }: Pick<News, 'lines'>): View {
  return html`<div class="news" role="status" aria-live="polite">
    ${lines.map(({ id, words }) => html`<p key=${id}>${words}</p>`)}
  </div>`;
}
