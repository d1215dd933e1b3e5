import { readFileSync } from 'node:fs';
import preact from '@preact/preset-vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** `npm run dev` shows the project of a running `feltline serve`. */
const server = process.env.FELTLINE_SERVER ?? 'http://127.0.0.1:8771';

/** Names in the page the API that its types were made from: the server looks there. */
function apiDigest(): Plugin {
  const [head] = readFileSync('src/api/schema.ts', 'utf8').split('\n', 1);
  const content = head?.match(/[0-9a-f]{32}/)?.[0];
  if (!content) throw new Error('src/api/schema.ts must begin with a digest');
  const attrs = { name: 'feltline-api', content };
  return {
    name: 'api-digest',
    transformIndexHtml: () => [{ tag: 'meta', attrs, injectTo: 'head' }],
  };
}

export default defineConfig({
  // Absolute: the page of a project lies deeper than the start page.
  base: '/',
  plugins: [preact({ prefreshEnabled: false, devToolsEnabled: false }), apiDigest()],
  server: {
    proxy: {
      // The API, and the sign-in link.
      '^/(p/[^/]+/)?(api/|\\?token=)': {
        target: server,
        changeOrigin: true,
        configure: (proxy) =>
          // The server takes changes from its own address only.
          proxy.on('proxyReq', (request) => request.setHeader('origin', server)),
      },
    },
  },
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
});
