import type { Family, SampleKind } from './family.js';
import type { ExpositionFormat } from './format.js';

/**
 * The text of one family, kept from one answer to the next. Most samples say what they said before, and most families have
 * such samples alone: their bytes go out again. Where a value has changed, the text before it has not: the names of app and
 * instance, which are most of it. For this a sample takes some 215 bytes of memory.
 */
export class FamilyText<View> {
  readonly #family: Family<View>;
  /** The text before each value, and the value, in turn. */
  readonly #pieces: (string | number)[] = [];
  /** What the text before each value was made of. */
  readonly #labels: string[] = [];
  readonly #kinds: (SampleKind | undefined)[] = [];
  /** null: there is no sample. */
  #samples: Buffer | null = null;

  constructor(family: Family<View>) {
    this.#family = family;
  }

  /** @returns bytes that never change; none for a family without samples, as its header alone says nothing */
  write(view: View, format: ExpositionFormat): readonly Buffer[] {
    if (this.#update(view)) {
      const text = this.#pieces.join('');
      this.#samples = text === '' ? null : Buffer.from(`${text}\n`);
    }
    return this.#samples === null ? [] : [Buffer.from(headerOf(this.#family, format)), this.#samples];
  }

  /** @returns whether anything has changed */
  #update(view: View): boolean {
    const [pieces, labels, kinds] = [this.#pieces, this.#labels, this.#kinds];
    let count = 0;
    let hasChanged = false;
    this.#family.write(view, (itsLabels, value, kind) => {
      const place = 2 * count;
      if (labels[count] !== itsLabels || kinds[count] !== kind) {
        labels[count] = itsLabels;
        kinds[count] = kind;
        pieces[place] = this.#textBefore(itsLabels, kind);
        hasChanged = true;
      }
      if (pieces[place + 1] !== value) {
        pieces[place + 1] = value;
        hasChanged = true;
      }
      count += 1;
    });
    if (count === labels.length) return hasChanged;
    labels.length = kinds.length = count;
    pieces.length = 2 * count;
    return true;
  }

  #textBefore(labels: string, { suffix, label }: SampleKind = PLAIN): string {
    const all = [labels, label].filter((part) => part !== '').join(',');
    // Joined, and not a tree of texts: it is kept.
    return ['\n', this.#family.name, suffix, ...(all === '' ? [' '] : ['{', all, '} '])].join('');
  }
}

const PLAIN: SampleKind = { suffix: '', label: '' };

/** OpenMetrics names the family of a counter without its `_total`, and has quotes in HELP escaped. */
function headerOf<View>({ name, type, help }: Family<View>, format: ExpositionFormat): string {
  const familyName = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
  const words = format === 'openmetrics' ? help.replaceAll('"', '\\"') : help;
  return `# HELP ${familyName} ${words}\n# TYPE ${familyName} ${type}`;
}
