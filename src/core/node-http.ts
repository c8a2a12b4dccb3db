/**
 * What is needed of node:http, without an import of it. An import reads each of its names, and behind one of them,
 * WebSocket, Node loads all of its undici from version 22 on: 33 ms of CPU time on Node 26, where a whole Node that does
 * nothing takes 25.
 */
export const { Agent, createServer, request } = process.getBuiltinModule('node:http');
