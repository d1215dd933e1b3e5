import { defineConfig } from 'vitest/config';

/** Of `benchmarks/bars/keys.py`: it takes minutes, and is no test. */
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: { environment: 'happy-dom', include: ['bench/**/*.bench.ts'] },
});
