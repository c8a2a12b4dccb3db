import htm from 'htm';
import { type ComponentChild, h, type VNode } from 'preact';

type Template = (strings: TemplateStringsArray, ...values: readonly unknown[]) => VNode;

/** Markup as a template, compiled when it runs: no text of an app is ever parsed as HTML. */
// The types of the package are those of its CommonJS form; a browser gets the function itself.
export const html: Template = (htm as unknown as { bind(factory: typeof h): Template }).bind(h);

export type View = ComponentChild;
