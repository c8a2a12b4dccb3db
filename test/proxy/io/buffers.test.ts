/** Memory that sockets read into: a chunk is given to another reader only when nobody reads or writes it any more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from '../../../src/proxy/io/buffers.js';

test('a chunk that is released comes back at once, and is taken again', () => {
  const pool = new BufferPool();
  const [first, second] = [pool.take(), pool.take()];
  assert.notEqual(first, second);
  assert.equal(first.bytes.length, 131_072);
  first.release();
  assert.equal(pool.take(), first);
  assert.notEqual(pool.take(), first);
});

test('a chunk with writes that wait comes back when the last of them is done', () => {
  const pool = new BufferPool();
  const chunk = pool.take();
  chunk.countWrite();
  chunk.countWrite();
  chunk.release();
  chunk.onWritten();
  assert.notEqual(pool.take(), chunk);
  chunk.onWritten();
  assert.equal(pool.take(), chunk);
});

test('a chunk whose writes are done before its owner lets go stays with the owner', () => {
  const pool = new BufferPool();
  const chunk = pool.take();
  chunk.countWrite();
  chunk.onWritten();
  assert.notEqual(pool.take(), chunk);
  chunk.release();
  assert.equal(pool.take(), chunk);
  chunk.countWrite();
  chunk.onWritten();
  assert.notEqual(pool.take(), chunk, 'its second owner has it');
});

test('64 free chunks are kept, more are left to the garbage collector', () => {
  const pool = new BufferPool();
  const chunks = Array.from({ length: 66 }, () => pool.take());
  for (const chunk of chunks) chunk.release();
  const again = new Set(Array.from({ length: 66 }, () => pool.take()));
  assert.equal(chunks.filter((chunk) => again.has(chunk)).length, 64);
});
