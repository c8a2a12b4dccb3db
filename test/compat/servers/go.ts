import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { COMMON_PAGES, LARGE_BYTES } from './pages.js';
import type { RealServer } from './real-server.js';

const run = promisify(execFile);
const BUILD_MS = 300_000;
const KEEP_ALIVE_SECONDS = 5;

const PROGRAM = `package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

func answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.Copy(io.Discard, r.Body)
	fields := w.Header()
	fields.Set("Content-Type", "text/plain")
	switch r.URL.Path {
	case "/echo":
		fmt.Fprintf(w, "method: %s\\ntarget: %s\\nhost: %s\\nlength: %d\\n", r.Method, r.RequestURI, r.Host, r.ContentLength)
		fmt.Fprintf(w, "codings: %v\\ntrailers: %v\\n", r.TransferEncoding, r.Trailer)
		r.Header.Write(w)
		fmt.Fprintf(w, "body: %d\\n", body)
	case "/large":
		http.ServeContent(w, r, "large", time.Unix(1e9, 0), strings.NewReader(strings.Repeat("large", ${LARGE_BYTES / 5})))
	case "/chunked":
		io.WriteString(w, "one\\n")
		w.(http.Flusher).Flush()
		time.Sleep(20 * time.Millisecond)
		io.WriteString(w, "two\\n")
	case "/none":
		fields.Del("Content-Type")
		w.WriteHeader(204)
	case "/moved":
		http.Redirect(w, r, "/?moved", 302)
	case "/cookies":
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", Path: "/"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2", HttpOnly: true})
		io.WriteString(w, "cookies")
	case "/gzip":
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			io.WriteString(w, "compressed")
			return
		}
		fields.Set("Content-Encoding", "gzip")
		out := bytes.Buffer{}
		compressor := gzip.NewWriter(&out)
		io.WriteString(compressor, "compressed")
		compressor.Close()
		w.Write(out.Bytes())
	case "/trailers":
		fields.Set("Trailer", "X-Sum")
		io.WriteString(w, "body")
		fields.Set("X-Sum", "4")
	case "/hints":
		fields.Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(103)
		io.WriteString(w, "hinted")
	case "/cut":
		fields.Set("Content-Length", "1000")
		io.WriteString(w, "short")
	default:
		io.WriteString(w, "ok")
	}
}

func main() {
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
  pages: [...COMMON_PAGES, '/trailers', '/hints', '/cut'],
  async prepare({ folder, host, port }) {
    const source = path.join(folder, 'main.go');
    const program = path.join(folder, 'program');
    writeFileSync(source, PROGRAM);
    const env = { ...process.env, CGO_ENABLED: '0', GO111MODULE: 'off', GOCACHE: path.join(tmpdir(), 'autoproxy-go') };
    await run('go', ['build', '-o', program, source], { env, timeout: BUILD_MS });
    return { command: [program, `${host}:${port}`] };
  },
};
