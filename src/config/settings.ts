/** What each option is, as somebody wrote it, and where: for people who ask a node what is in force. Pure. */
import type { Config } from './config.js';
import type { WrittenOption } from './option.js';
import { OPTIONS } from './options.js';

export interface Setting {
  readonly name: string;
  /** null: it is not set, or secret. */
  readonly value: string | null;
  readonly origin: 'flag' | 'environment' | 'file' | 'default';
  /** null for a default. */
  readonly place: string | null;
  readonly isSecret: boolean;
}

/** @param written null: it is not set, and this is the default; @param fallback null when the option has no default */
export function settingOf(key: keyof Config, written: WrittenOption | null, fallback: string | null): Setting {
  const { name, isSecret } = OPTIONS[key];
  const text = written?.text ?? fallback;
  const value = isSecret || text === null || text === '' ? null : text.trim();
  if (written === null) return { name, value, origin: 'default', place: null, isSecret };
  const { file, line, col } = written;
  if (line !== null) return { name, value, origin: 'file', place: [file, line, col].join(':'), isSecret };
  return { name, value, origin: file.startsWith('--') ? 'flag' : 'environment', place: file, isSecret };
}
