/** What a screen reader is told, and what everybody reads for a moment: results of decisions, and events as they come. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Live } from './live.js';

interface News {
  readonly said: string;
  readonly say: (words: string) => void;
}

/** Faster would cut off what is being read out. */
const SHOWN_MS = 8_000;

export function useNews({ change }: Live): News {
  const [said, setSaid] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const say = (words: string): void => {
    setSaid(words);
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaid(''), SHOWN_MS);
  };
  // Each change is told once.
  useEffect(() => {
    const events = change?.events.filter(({ kind }) => kind !== 'decision') ?? [];
    const last = events.at(-1);
    if (last === undefined) return;
    const more = events.length === 1 ? '' : ` (and ${events.length - 1} more)`;
    say(`${last.app ?? 'node'} ${last.kind}: ${last.text}${more}`);
  }, [change]);
  return { said, say };
}
