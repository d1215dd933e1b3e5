/** Uploads, jobs, drops and forms around the judging, without a server. */

import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job, Settings } from '../src/api/types';
import { setLanguage } from '../src/i18n';
import { filesIn } from '../src/manage/drop';
import {
  addedBy,
  again,
  fileName,
  giveUp,
  jobs,
  loadJobs,
  onJob,
  openJobs,
  putAway,
  shownJobs,
} from '../src/manage/jobs';
import { lostUploads } from '../src/manage/lostUploads';
import { newVideos, suggestNew } from '../src/manage/newVideos';
import { sizeText, timeLeft } from '../src/manage/numbers';
import { changes } from '../src/manage/SettingsSheet';
import { asked } from '../src/manage/SuggestForm';
import {
  addFiles,
  followUploads,
  removeUpload,
  retryUpload,
  uploads,
} from '../src/manage/uploads';
import { notices } from '../src/state/announcements';
import { session } from '../src/state/session';
import { DEFAULT_SCHEMA, sessionWith } from './labelSchema';

const job = (more: Partial<Job> = {}): Job => ({
  job_id: 'j1',
  kind: 'add',
  state: 'running',
  what: '/videos/talk.mp4',
  done: 3,
  of: 10,
  nth: 1,
  n_files: 1,
  left_s: 70,
  result: {},
  fault: '',
  can_repeat: false,
  ...more,
});

/** What was sent by XMLHttpRequest; a test answers it. */
class StandIn {
  static all: StandIn[] = [];
  upload: { onprogress?: (event: { loaded: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  status = 0;
  statusText = '';
  responseText = '';
  address = '';
  sent: File | null = null;
  headers: Record<string, string> = {};
  open(_method: string, address: string) {
    this.address = address;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  send(file: File) {
    this.sent = file;
    StandIn.all.push(this);
  }
  abort() {
    this.onabort?.();
  }
  answer(status: number, body: object) {
    this.status = status;
    this.responseText = JSON.stringify(body);
    this.onload?.();
  }
}

let posted: { path: string; body: unknown }[] = [];
let deleted: string[] = [];
let listed: Job[] = [];

async function answer(address: string, init?: RequestInit): Promise<Response> {
  const path = new URL(address, 'http://test').pathname.replace(/^.*\/api/, '');
  if (init?.method === 'POST')
    posted.push({ path, body: JSON.parse(String(init.body ?? 'null')) });
  if (init?.method === 'DELETE') deleted.push(path);
  if (path === '/jobs') return Response.json(listed);
  if (path === '/uploads/folder') return Response.json({ name: 'walk', n_bytes: 2 });
  if (path.endsWith('/again')) return Response.json(job({ job_id: 'anew' }));
  if (path === '/jobs/gone') {
    return Response.json({ error: 'there is no such job any more' }, { status: 404 });
  }
  if (path === '/jobs/suggest') {
    return Response.json(job({ job_id: 's1', kind: 'suggest' }));
  }
  if (path === '/jobs/add') return Response.json(job({ job_id: `j${posted.length}` }));
  return Response.json([]);
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const file = (name: string, text = 'x') => new File([text], name);

beforeEach(async () => {
  // What a test before has left under way holds up the next file.
  for (const { id } of uploads.value) removeUpload(id);
  await settled();
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal('fetch', vi.fn(answer));
  vi.stubGlobal('XMLHttpRequest', StandIn);
  StandIn.all = [];
  posted = [];
  deleted = [];
  listed = [];
  jobs.value = [];
  uploads.value = [];
  lostUploads.value = [];
  session.value = sessionWith(DEFAULT_SCHEMA);
  setLanguage('en');
});

describe('uploads', () => {
  it('go one after another, and what arrives meanwhile is one job', async () => {
    const stop = followUploads();
    addFiles([file('a.mp4'), file('b.MOV'), file('c.mp4')]);
    expect(StandIn.all.map((one) => one.sent?.name)).toEqual(['a.mp4']);
    expect(StandIn.all[0]?.address).toContain('/uploads?name=a.mp4');
    StandIn.all[0]?.upload.onprogress?.({ loaded: 1 });
    expect(uploads.value[0]).toMatchObject({ state: 'sending', sent: 1 });
    StandIn.all[0]?.answer(200, { name: 'a-2.mp4', n_bytes: 1 });
    await settled();
    expect(posted).toEqual([{ path: '/jobs/add', body: { uploads: ['a-2.mp4'] } }]);
    StandIn.all[1]?.answer(200, { name: 'b.MOV', n_bytes: 1 });
    await settled();
    StandIn.all[2]?.answer(200, { name: 'c.mp4', n_bytes: 1 });
    await settled();
    expect(posted).toHaveLength(1);
    onJob(job({ job_id: 'j1', state: 'done', result: { added: ['a-2.mp4'] } }));
    await settled();
    expect(posted[1]?.body).toEqual({ uploads: ['b.MOV', 'c.mp4'] });
    expect(uploads.value).toEqual([]);
    stop();
  });

  it('outlive a reload between the file and its job', async () => {
    const stop = followUploads();
    jobs.value = [job({ job_id: 'other' })];
    addFiles([file('a.mp4')]);
    StandIn.all[0]?.answer(200, { name: 'a.mp4', n_bytes: 1 });
    await settled();
    expect(posted).toEqual([]);
    stop();
    jobs.value = [];
    followUploads()();
    await settled();
    expect(posted[0]?.body).toEqual({ uploads: ['a.mp4'] });
  });

  it('that are refused say why, and are not tried again', async () => {
    addFiles([file('notes.txt'), file('a.mp4')]);
    expect(uploads.value[0]).toMatchObject({ state: 'refused', why: '' });
    StandIn.all[0]?.answer(413, { error: 'a.mp4 is larger than 64 GiB' });
    await settled();
    expect(uploads.value[1]).toMatchObject({
      state: 'refused',
      why: 'a.mp4 is larger than 64 GiB',
    });
    expect(StandIn.all).toHaveLength(1);
  });

  it('go on after a break, by themselves and when asked to', async () => {
    vi.useFakeTimers();
    addFiles([file('a.mp4')]);
    StandIn.all[0]?.onerror?.();
    await vi.advanceTimersByTimeAsync(1);
    expect(uploads.value[0]?.state).toBe('broken');
    await vi.advanceTimersByTimeAsync(6000);
    expect(StandIn.all).toHaveLength(2);
    StandIn.all[1]?.onerror?.();
    await vi.advanceTimersByTimeAsync(1);
    retryUpload(uploads.value[0]?.id as number);
    expect(StandIn.all).toHaveLength(3);
    removeUpload(uploads.value[0]?.id as number);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(uploads.value).toEqual([]);
    expect(StandIn.all).toHaveLength(3);
    vi.useRealTimers();
  });
});

describe('a folder of pictures', () => {
  const walk = { name: 'walk', files: [file('1.png'), file('2.png')] };

  it('is sent picture by picture and added as one video', async () => {
    const stop = followUploads();
    addFiles([], [walk]);
    expect(uploads.value[0]).toMatchObject({ name: 'walk', size: 2, isFolder: true });
    const tokenOf = (one?: StandIn) =>
      new URL(one?.address ?? '', 'http://test').searchParams.get('of_folder');
    const token = tokenOf(StandIn.all[0]);
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    StandIn.all[0]?.answer(200, { name: '1.png', n_bytes: 1 });
    await settled();
    expect(StandIn.all.map((one) => one.sent?.name)).toEqual(['1.png', '2.png']);
    expect(tokenOf(StandIn.all[1])).toBe(token);
    StandIn.all[1]?.upload.onprogress?.({ loaded: 1 });
    expect(uploads.value[0]?.sent).toBe(2);
    StandIn.all[1]?.answer(200, { name: '2.png', n_bytes: 1 });
    await settled();
    expect(posted).toEqual([
      {
        path: '/uploads/folder',
        body: { name: 'walk', of_folder: token, n_pictures: 2 },
      },
      { path: '/jobs/add', body: { uploads: ['walk'] } },
    ]);
    stop();
  });

  it('that breaks off is sent anew, under another name of its own', async () => {
    addFiles([], [walk]);
    StandIn.all[0]?.answer(200, { name: '1.png', n_bytes: 1 });
    await settled();
    StandIn.all[1]?.onerror?.();
    await settled();
    expect(uploads.value[0]).toMatchObject({ state: 'broken', sent: 0 });
    retryUpload(uploads.value[0]?.id as number);
    expect(StandIn.all[2]?.sent?.name).toBe('1.png');
    expect(StandIn.all[2]?.address).not.toBe(StandIn.all[0]?.address);
    removeUpload(uploads.value[0]?.id as number);
    await settled();
    expect(posted).toEqual([]);
  });
});

describe('leaving the page', () => {
  const leave = () => {
    const event = new Event('beforeunload', { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
  };

  it('is asked about while files are on their way, and what is lost is named', async () => {
    const stop = followUploads();
    expect(leave()).toBe(false);
    addFiles([file('a.mp4'), file('b.mp4'), file('notes.txt')]);
    expect(leave()).toBe(true);
    StandIn.all[0]?.answer(200, { name: 'a.mp4', n_bytes: 1 });
    await settled();
    stop();
    expect(leave()).toBe(false);
    // The page is loaded again: nothing of it is left but what the browser keeps.
    for (const { id } of uploads.value) removeUpload(id);
    await settled();
    notices.value = [];
    const again = followUploads();
    expect(lostUploads.value).toEqual(['b.mp4']);
    expect(notices.value).toHaveLength(1);
    again();
    lostUploads.value = [];
    const thirdTime = followUploads();
    expect(lostUploads.value).toEqual(['b.mp4']);
    addFiles([file('b.mp4')]);
    expect(lostUploads.value).toEqual([]);
    removeUpload(uploads.value.find(({ name }) => name === 'b.mp4')?.id as number);
    thirdTime();
    followUploads()();
    expect(lostUploads.value).toEqual([]);
  });

  it('of a copy of the project says nothing of its original', () => {
    sessionStorage.setItem('feltline.sending/p%40f%2Fmika', '["a.mp4"]');
    const now = sessionWith(DEFAULT_SCHEMA);
    session.value = { ...now, project: { ...now.project, folder_id: 'copy' } };
    followUploads()();
    expect(lostUploads.value).toEqual([]);
  });
});

describe('jobs', () => {
  it('that failed are done again, or given up, when somebody says so', async () => {
    const ended = job({ job_id: 'old', state: 'failed', can_repeat: true });
    jobs.value = [ended];
    await again(ended);
    expect(posted).toEqual([{ path: '/jobs/old/again', body: null }]);
    expect(shownJobs.value.map(({ job_id }) => job_id)).toEqual(['anew']);
    await giveUp(job({ job_id: 'bad', state: 'failed' }));
    await giveUp(job({ job_id: 'gone', state: 'failed' }));
    await giveUp(job({ job_id: 'good', state: 'done' }));
    expect(deleted).toEqual(['/jobs/bad', '/jobs/gone']);
  });

  it('are kept in step with news, and not led back by an older list', async () => {
    onJob(job({ job_id: 'away' }));
    expect(openJobs.value).toHaveLength(1);
    onJob(job({ job_id: 'away', state: 'failed', fault: 'no room' }));
    listed = [job({ job_id: 'away' })];
    await loadJobs();
    expect(jobs.value[0]).toMatchObject({ state: 'failed', fault: 'no room' });
    expect(openJobs.value).toEqual([]);
    expect(shownJobs.value).toHaveLength(1);
    putAway('away');
    expect(shownJobs.value).toEqual([]);
  });

  it('say what came of them', () => {
    const result = {
      added: ['a.mp4'],
      known: { '/x/b.mp4': 'b.mp4' },
      failed: { '/x/c.mp4': 'it is damaged' },
      without_face: [],
    };
    expect(addedBy(job({ result }))).toMatchObject({
      added: ['a.mp4'],
      known: [{ name: '/x/b.mp4', what: 'b.mp4' }],
      failed: [{ name: '/x/c.mp4', what: 'it is damaged' }],
      renamed: [],
    });
    expect(fileName('/x/c.mp4')).toBe('c.mp4');
    expect(fileName('C:\\x\\c.mp4')).toBe('c.mp4');
  });
});

describe('frames of new videos', () => {
  const done = (job_id: string, ...added: string[]) =>
    onJob(job({ job_id, state: 'done', result: { added } }));

  it('are asked for at once of all that came, and not before all are there', async () => {
    const stop = followUploads();
    addFiles([file('a.mp4'), file('b.mp4')]);
    StandIn.all[0]?.answer(200, { name: 'a.mp4', n_bytes: 1 });
    await settled();
    done('j1', 'a.mp4');
    expect(newVideos.value).toEqual([]);
    StandIn.all[1]?.answer(200, { name: 'b.mp4', n_bytes: 1 });
    await settled();
    expect(openJobs.value).toHaveLength(1);
    expect(newVideos.value).toEqual([]);
    done('j2', 'b.mp4');
    expect(newVideos.value).toEqual(['a.mp4', 'b.mp4']);
    await suggestNew();
    expect(posted.at(-1)).toEqual({
      path: '/jobs/suggest',
      body: { labels_per_clip: 5, videos: ['a.mp4', 'b.mp4'] },
    });
    expect(newVideos.value).toEqual([]);
    expect(shownJobs.value.map(({ kind }) => kind)).toEqual(['suggest']);
    stop();
  });

  it('are not asked for where there is no face', () => {
    const result = { added: ['a.mp4', 'wall.mp4'], without_face: ['wall.mp4'] };
    onJob(job({ job_id: 'n1', state: 'done', result }));
    expect(newVideos.value).toEqual(['a.mp4']);
  });

  it('are asked for while an upload that broke off waits for somebody', async () => {
    addFiles([file('a.mp4')]);
    StandIn.all[0]?.onerror?.();
    await settled();
    expect(uploads.value[0]?.state).toBe('broken');
    onJob(job({ job_id: 'n2', state: 'done', result: { added: ['b.mp4'] } }));
    expect(newVideos.value).toEqual(['b.mp4']);
    removeUpload(uploads.value[0]?.id as number);
  });
});

describe('a drop', () => {
  const entry = (name: string) => ({
    name,
    isDirectory: false,
    file: (take: (file: File) => void) => take(file(name)),
  });
  const folder = (name: string, ...inside: object[]) => ({
    name,
    isDirectory: true,
    createReader: () => {
      // A browser gives a hundred at a time, and none at the end.
      const rest = inside.map((one) => [one]);
      return {
        readEntries: (take: (some: object[]) => void) => take(rest.shift() ?? []),
      };
    },
  });

  it('gives the videos of folders, however deep, and what was meant by itself', async () => {
    const deep = folder('deep', entry('.hidden.mp4'), entry('b.mkv'));
    const items = [
      { kind: 'string' },
      {
        kind: 'file',
        webkitGetAsEntry: () => folder('all', deep, entry('a.mp4'), entry('x.txt')),
        getAsFile: () => null,
      },
      {
        kind: 'file',
        webkitGetAsEntry: () => null,
        getAsFile: () => file('notes.txt'),
      },
    ];
    const found = await filesIn({ items } as unknown as DataTransfer);
    expect(found.files.map((one) => one.name)).toEqual(['a.mp4', 'b.mkv', 'notes.txt']);
    expect(found.folders).toEqual([]);
    expect(found.passedOver).toBe(1);
  });

  const dropped = async (...entries: object[]) => {
    const items = entries.map((one) => ({
      kind: 'file',
      webkitGetAsEntry: () => one,
      getAsFile: () => null,
    }));
    const found = await filesIn({ items } as unknown as DataTransfer);
    const folders = found.folders.map(({ name, files }) => [name, files.length]);
    return { folders, n: found.files.length, passedOver: found.passedOver };
  };

  it('of a folder of pictures is one video, as on a terminal', async () => {
    const walk = folder('walk', entry('1.png'), entry('2.png'), entry('log.txt'));
    expect(await dropped(walk)).toEqual({
      folders: [['walk', 2]],
      n: 0,
      passedOver: 1,
    });
    const twice = [folder('walk', entry('1.png')), folder('walk', entry('a.mp4'))];
    expect((await dropped(...twice)).folders).toEqual([['walk', 1]]);
  });

  it('takes no pictures beside videos, named like them, or above them', async () => {
    const beside = folder('all', entry('a.mp4'), entry('poster.png'));
    expect(await dropped(beside)).toEqual({ folders: [], n: 1, passedOver: 1 });
    const thumbs = folder('thumbs', entry('A.jpg'), entry('a.mp4.jpg'));
    expect(await dropped(folder('all', entry('a.mp4'), thumbs))).toEqual({
      folders: [],
      n: 1,
      passedOver: 2,
    });
    const videos = folder('videos', entry('a.mp4'));
    const above = folder('all', entry('cover.png'), entry('back.png'), videos);
    expect(await dropped(above)).toEqual({ folders: [], n: 1, passedOver: 2 });
    const numbered = folder('all', entry('f1.png'), entry('f2.png'), videos);
    expect((await dropped(numbered)).folders).toEqual([['all', 2]]);
  });
});

describe('forms', () => {
  it('ask for suggestions only with a number and a video', () => {
    expect(asked('perClip', 5, 'all', [])).toEqual({
      labels_per_clip: 5,
      is_new_only: false,
    });
    expect(asked('total', 9, 'new', [])).toEqual({ total: 9, is_new_only: true });
    expect(asked('total', 9, 'chosen', ['a'])).toEqual({
      total: 9,
      videos: ['a'],
      is_new_only: false,
    });
    expect(asked('total', 9, 'chosen', [])).toBeNull();
    for (const n of [0, -1, 2.5, Number.NaN, 100_001])
      expect(asked('perClip', n, 'all', [])).toBeNull();
  });

  it('send only those settings that were changed', () => {
    const same = { rater: 'mika', consensus: 'mean' } as const;
    const now = { ...same, name: 'P', tolerance: 0.2, coverage: 0.9 } as Settings;
    const texts = { ...same, name: 'P ', tolerance: '0,3', coverage: '0.9' };
    expect(changes(texts, now)).toEqual({ tolerance: 0.3 });
    expect(changes({ ...texts, tolerance: 'much' }, now)).toBeNull();
    expect(changes({ ...texts, name: ' ' }, now)).toBeNull();
    const other = { ...texts, tolerance: '0.2', consensus: 'posterior' };
    expect(changes(other, now)).toEqual({ consensus: 'posterior' });
  });

  it('write sizes and times as people read them', () => {
    expect(sizeText(12_300)).toBe('12 kB');
    expect(sizeText(2_340_000)).toBe('2.3 MB');
    expect(timeLeft(null)).toBe('');
    expect(timeLeft(130)).toBe('about 2 min left');
  });
});
