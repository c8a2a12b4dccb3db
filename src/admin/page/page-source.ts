import type { FigureHistory, PageChange, PageDocument, PastDocument } from './page-document.js';

/** What a node tells its pages. */
export interface PageSource {
  /** All as it is now. What follows is told to those who watch. */
  whole(): PageDocument;
  /**
   * While somebody watches, the node looks each second, and soon after an event, for what changed. One change is made for
   * all who watch, however many.
   * @returns what ends it
   */
  watch(onChange: (change: PageChange) => void): () => void;
  /** The apps as they were; null: the node did not run then, or does not know any more. */
  past(at: number): PastDocument | null;
  /** From when on `past` knows. */
  readonly pastBegin: number;
  /** null: no such app is served. */
  history(app: string): FigureHistory | null;
}
