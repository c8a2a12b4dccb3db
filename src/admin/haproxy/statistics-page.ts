/**
 * What programs read at HAProxy's page of statistics because the CSV lacks it: the version and the uptime (Zabbix, Datadog), the
 * limits and the connections. Line by line as HAProxy 2.6 writes it. Pure.
 */
import { nodeFactsOf } from './node-facts.js';
import type { ProxyView } from './proxy-view.js';

export function formatStatisticsPage(view: ProxyView): string {
  const facts = new Map(nodeFactsOf(view).map(({ name, value }) => [name, escapeHtml(String(value))]));
  const fact = (name: string): string => facts.get(name) ?? '';
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>autoproxy on ${fact('node')}</title></head>`,
    `<body><h1>HAProxy version ${fact('Version')}, released ${fact('Release_date')}</h1>`,
    `<h2>Statistics Report for pid ${fact('Pid')} on ${fact('node')}</h2>`,
    `<p><b>pid = </b> ${fact('Pid')} (process #1, nbproc = 1, nbthread = ${fact('Nbthread')})<br>`,
    `<b>uptime = </b> ${fact('Uptime')}<br>`,
    `<b>system limits:</b> memmax = unlimited; ulimit-n = ${fact('Ulimit-n')}<br>`,
    `<b>maxsock = </b> ${fact('Maxsock')}; <b>maxconn = </b> ${fact('Maxconn')}; <b>maxpipes = </b> 0<br>`,
    `current conns = ${fact('CurrConns')}; current pipes = 0/0; conn rate = ${fact('ConnRate')}/sec</p>`,
    '<p>This is autoproxy: <a href="/">the page of the node</a>, <a href="/;csv">CSV</a>, <a href="/;json">JSON</a>.</p>',
    '</body></html>',
    '',
  ].join('\n');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
