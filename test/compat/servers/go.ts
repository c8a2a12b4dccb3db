import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { RealServer } from './real-server.js';

const run = promisify(execFile);
const BUILD_MS = 300_000;
const KEEP_ALIVE_SECONDS = 5;

const PROGRAM = `package main

import (
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	answer := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "ok")
	}
	server := http.Server{Addr: os.Args[1], Handler: http.HandlerFunc(answer), IdleTimeout: ${KEEP_ALIVE_SECONDS} * time.Second}
	panic(server.ListenAndServe())
}
`;

/** net/http with an IdleTimeout, as every guide advises: without one it closes nothing. */
export const go: RealServer = {
  name: 'go',
  packages: ['golang-go'],
  needs: ['go'],
  keepAliveMs: KEEP_ALIVE_SECONDS * 1_000,
  async prepare({ folder, host, port }) {
    const source = path.join(folder, 'main.go');
    const program = path.join(folder, 'program');
    writeFileSync(source, PROGRAM);
    const env = { ...process.env, CGO_ENABLED: '0', GO111MODULE: 'off', GOCACHE: path.join(tmpdir(), 'autoproxy-go') };
    await run('go', ['build', '-o', program, source], { env, timeout: BUILD_MS });
    return { command: [program, `${host}:${port}`] };
  },
};
