import type { Verb } from './stats-node.js';

/** A node has no stick tables. Datadog's agent asks for them beside the statistics. */
export const SHOW_TABLE: Verb = {
  words: ['show', 'table'],
  usage: 'show table [<table> [<filter>]*]',
  help: "report table usage stats or dump this table's contents (filter: data/key)",
  run: ([name]) => (name === undefined ? '' : 'No such table\n'),
};
