import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, getVideos, OfflineError } from '../src/api/client';
import { DecodeError } from '../src/api/decode';
import { setLanguage } from '../src/i18n';
import { sentenceOf } from '../src/i18n/faults';

beforeEach(() => setLanguage('ja'));
afterEach(() => {
  vi.unstubAllGlobals();
  setLanguage('en');
});

function answering(response: () => Response): RequestInit[] {
  const asked: RequestInit[] = [];
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    asked.push(init);
    return response();
  });
  return asked;
}

describe('requests', () => {
  it('ask for refusals in the language of the page', async () => {
    const asked = answering(() => new Response('[]'));
    await getVideos();
    setLanguage('en');
    await getVideos();
    const languages = asked.map((init) => new Headers(init.headers));
    expect(languages.map((headers) => headers.get('Accept-Language'))).toEqual([
      'ja',
      'en',
    ]);
  });

  it('say the sentence of the server, or that there was none', async () => {
    answering(() => new Response('{"error": "動画がありません。"}', { status: 404 }));
    await expect(getVideos()).rejects.toThrow('動画がありません。');
    answering(() => new Response('<p>Bad Gateway</p>', { status: 502 }));
    await expect(getVideos()).rejects.toThrow(
      'サーバーがエラーを返しました（状態コード 502）。',
    );
  });
});

describe('what failed', () => {
  it('is said in the language of the page', () => {
    expect(sentenceOf(new ApiError(400, '受け付けません。'))).toBe('受け付けません。');
    expect(sentenceOf(new OfflineError('TypeError: Failed to fetch'))).toBe(
      'サーバーに接続できません。',
    );
    expect(sentenceOf(new DecodeError('It is too short'))).toBe(
      'サーバーの応答を読み取れませんでした。ページを再読み込みしてください（It is too short）。',
    );
    expect(sentenceOf(new TypeError('x is undefined'))).toBe(
      'ページ自体の不具合です。再読み込みしてください（x is undefined）。',
    );
    expect(sentenceOf('odd')).toContain('odd');
  });
});
