import preact from '@preact/preset-vite';
import { defineConfig } from 'vitest/config';
import { mockServer } from './mock/plugin';

export default defineConfig(({ mode }) => ({
  base: './',
  plugins: [
    preact({ prefreshEnabled: false, devToolsEnabled: false }),
    ...(mode === 'test' ? [] : [mockServer()]),
  ],
  // The page must work under the server's policy.
  preview: { headers: { 'Content-Security-Policy': "default-src 'self'" } },
  build: {
    outDir: '../src/feltline/server/page',
    emptyOutDir: true,
    target: 'es2022',
    // The page may load nothing but files of the server: no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { environment: 'happy-dom', include: ['{src,test}/**/*.test.{ts,tsx}'] },
}));
