/** The blocks of a PEM text (RFC 7468), read as OpenSSL reads them. What stands between them is for people and not read. */
import type { Refusal } from '../../src/core/refusal.js';

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, ... */
  readonly label: string;
  /** From the line that begins it to the line that ends it. */
  readonly text: string;
  readonly file: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

/** OpenSSL passes over a byte order mark in front and over blanks at the end of each line; an indented line begins nothing. */
const BLOCK = /^\uFEFF?-----BEGIN ([^\n]+?)-----[\0-\t\v-\x20]*\n(?:(?!^-----BEGIN )[\s\S])*?^-----END \1-----/gm;
const BEGIN = /^\uFEFF?-----BEGIN ([^\n]+?)-----[\0-\x20]*$/gm;
/** As HAProxy takes them for the certificate of a key (PEM_read_bio_X509_AUX). */
const CERTIFICATE_LABELS = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];

/** @returns the blocks that are whole */
export function pemBlocksOf(text: string, file: string): readonly PemBlock[] {
  return [...text.matchAll(BLOCK)].map((match) => ({
    label: match[1] ?? '',
    text: match[0].replace('\uFEFF', ''),
    file,
    line: lineAt(text, match.index),
  }));
}

export function isCertificate({ label }: PemBlock): boolean {
  return CERTIFICATE_LABELS.includes(label);
}

export function isPrivateKey({ label }: PemBlock): boolean {
  return label.endsWith('PRIVATE KEY');
}

/** A refusal with the line that it is about; null: the file as a whole. */
interface PemFault extends Refusal {
  readonly line: number | null;
}

/** Why a text gives less than its author meant: cut short, empty, in another format. @returns null: nothing of that kind */
export function faultOfPem(text: string): PemFault | null {
  if (text.trim() === '') return { message: 'the file is empty', hint: 'write the certificate into it', line: null };
  if (text.includes('\0'))
    return {
      message: 'the file is not PEM text: it has bytes of zero in it',
      hint: 'DER becomes PEM by openssl x509 -inform DER, PKCS #12 by openssl pkcs12 -nodes, UTF-16 by iconv -t UTF-8',
      line: null,
    };
  const whole = new Set([...text.matchAll(BLOCK)].map(({ index }) => index));
  const cut = [...text.matchAll(BEGIN)].find(({ index }) => !whole.has(index));
  if (cut !== undefined) {
    const message = `the block ${shown(cut[1])} has no line -----END ${shown(cut[1])}-----`;
    return { message, hint: 'the file was cut short: write it again', line: lineAt(text, cut.index) };
  }
  if (whole.size > 0) return null;
  const near = text.search(/-----BEGIN |-{4,}\s*BEGIN|-----END /);
  return near === -1
    ? { message: 'the file has no PEM block', hint: 'a block begins with -----BEGIN CERTIFICATE-----', line: null }
    : {
        message: 'the first PEM line is damaged',
        hint: 'begin it at the start of a line, five dashes on both sides: -----BEGIN CERTIFICATE-----',
        line: lineAt(text, near),
      };
}

function shown(label = ''): string {
  return label.slice(0, 40);
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
