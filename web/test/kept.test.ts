/** What the browser keeps is of one person, in one folder of a project. */

import { beforeEach, describe, expect, it } from 'vitest';
import { Outbox } from '../src/outbox';
import { draftStorageKey } from '../src/state/draftStorage';
import { ownerKey, session, takeOverKept } from '../src/state/session';
import { DEFAULT_SCHEMA, sessionWith } from './labelSchema';

const inFolder = (folder_id: string) => {
  const now = sessionWith(DEFAULT_SCHEMA);
  session.value = { ...now, project: { ...now.project, folder_id } };
};
const waiting = () => {
  const box = new Outbox({
    storage: localStorage,
    owner: ownerKey(),
    send: () => new Promise(() => undefined),
  });
  return box.waiting.value.map(({ client_id }) => client_id);
};
const change = (client_id: string) => JSON.stringify({ client_id, at: 1 });

beforeEach(() => localStorage.clear());

describe('what the browser keeps', () => {
  it('of a project is not sent to, or shown in, a copy of it', () => {
    inFolder('original');
    const key = draftStorageKey();
    localStorage.setItem(
      `feltline.outbox/${encodeURIComponent(ownerKey())}/waiting/a`,
      change('a'),
    );
    expect(waiting()).toEqual(['a']);
    inFolder('copy');
    expect(draftStorageKey()).not.toBe(key);
    expect(waiting()).toEqual([]);
  });

  it('was kept by a former version, goes to the folder that is opened first', () => {
    const before = encodeURIComponent('p/mika');
    const others = `feltline.outbox/${encodeURIComponent('p/mikado')}/waiting/x`;
    localStorage.setItem(`feltline.outbox/${before}/waiting/a`, change('a'));
    localStorage.setItem(`feltline.outbox/${before}/refused/b`, '{}');
    localStorage.setItem(`feltline.draft/${before}`, '"draft"');
    localStorage.setItem(`feltline.uploads/${before}`, '["a.mp4"]');
    localStorage.setItem(others, change('x'));
    inFolder('first');
    takeOverKept();
    expect(waiting()).toEqual(['a']);
    const former = draftStorageKey().replace(/[^/]+$/, 'former');
    expect(localStorage.getItem(former)).toBe('"draft"');
    expect(localStorage.getItem(others)).not.toBeNull();
    expect(localStorage).toHaveLength(5);
    inFolder('second');
    takeOverKept();
    expect(waiting()).toEqual([]);
    expect(localStorage.getItem(draftStorageKey())).toBeNull();
  });

  it('is not written over by what a former version kept', () => {
    inFolder('first');
    localStorage.setItem(draftStorageKey(), '"new"');
    localStorage.setItem(`feltline.draft/${encodeURIComponent('p/mika')}`, '"old"');
    takeOverKept();
    expect(localStorage.getItem(draftStorageKey())).toBe('"new"');
  });
});
