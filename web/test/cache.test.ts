import { describe, expect, it, vi } from 'vitest';
import { Cache } from '../src/lib/cache';

describe('Cache', () => {
  it('fetches once and has the value at hand afterwards', async () => {
    const load = vi.fn(async (key: string) => key.toUpperCase());
    const cache = new Cache(load, 5);
    expect(cache.peek('a')).toBeUndefined();
    expect(await Promise.all([cache.get('a'), cache.get('a')])).toEqual(['A', 'A']);
    expect(load).toHaveBeenCalledOnce();
    expect(cache.peek('a')).toBe('A');
  });

  it('does not keep a failure', async () => {
    const load = vi.fn().mockRejectedValueOnce(new Error('no')).mockResolvedValue('A');
    const cache = new Cache<string>(load, 5);
    await expect(cache.get('a')).rejects.toThrow('no');
    expect(await cache.get('a')).toBe('A');
  });

  it('forgets what was not used for longest', async () => {
    const cache = new Cache(async (key: string) => key, 2);
    await cache.get('a');
    await cache.get('b');
    await cache.get('a');
    await cache.get('c');
    expect([cache.peek('a'), cache.peek('b'), cache.peek('c')]).toEqual([
      'a',
      undefined,
      'c',
    ]);
  });

  it('replaces what it has, and only that', async () => {
    const cache = new Cache(async (key: string) => [key], 5);
    cache.replace('a', (list) => [...list, 'x']);
    expect(cache.peek('a')).toBeUndefined();
    await cache.get('a');
    cache.replace('a', (list) => [...list, 'x']);
    expect(await cache.get('a')).toEqual(['a', 'x']);
  });

  it('drops one or all', async () => {
    const cache = new Cache(async (key: string) => key, 5);
    for (const key of ['a/1', 'a/2', 'b/1']) await cache.get(key);
    cache.drop('a/1');
    expect(cache.peek('a/1')).toBeUndefined();
    cache.dropAll();
    expect(cache.peek('b/1')).toBeUndefined();
  });
});
